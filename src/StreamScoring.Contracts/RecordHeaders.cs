namespace StreamScoring.Contracts;

/// <summary>
/// Headers of decisions and dead letters: where the record that they answer was read. Values are
/// UTF-8 text, but for the vector.
/// </summary>
public static class RecordHeaders
{
    /// <summary>All of it (<see cref="SourceHeader"/>).</summary>
    public const string Source = "source";

    /// <summary>
    /// The same in several headers: of older releases, and where decisions have all names in them.
    /// </summary>
    public const string Region = "region", Topic = "topic", Partition = "partition", Offset = "offset";

    /// <summary>
    /// The id of the topic that <see cref="Topic"/> names, in base64: one that was deleted and made
    /// again has another, and the same offsets mean other records. Empty where the brokers do not
    /// tell.
    /// </summary>
    public const string TopicId = "topic_id";

    /// <summary>
    /// On the first decision that a batch writes to a partition (<see cref="BatchVector"/>).
    /// </summary>
    public const string Vector = "vector";

    /// <summary>
    /// On a payment or label that was published again after it had been refused: the position of
    /// the refused record, <c>eu/payments/3/991</c>.
    /// </summary>
    public const string RepublicationOf = "republication_of";
}
