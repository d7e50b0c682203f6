namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// Tells which answers are on records of a topic that was made anew, under the id of the former
/// one: for some seconds a process may read on in the new topic without knowing it
/// (docs/decisions/0001). They answer nothing.
/// </summary>
public sealed class FormerIds(RunLogs logs)
{
    private readonly Dictionary<Position, string?> _inputs = InputsOf(logs.Payments).Concat(InputsOf(logs.Labels)).ToDictionary();

    /// <summary>
    /// Whether it is on a record of a later topic, and not of the topic that it names.
    /// </summary>
    public bool IsOfLaterTopic(GivenDecision decision) => LaterOf(decision) is not null;

    /// <inheritdoc cref="IsOfLaterTopic(GivenDecision)"/>
    public bool IsOfLaterTopic(LogRecord deadLetter) => IsInvalid(deadLetter.Source!.Value) != true && Later(deadLetter.Source!.Value).Any(later => IsInvalid(later) == true);

    /// <returns>The record that it is on; null where it is on one of the topic that it names, or on
    /// none.</returns>
    public Position? LaterOf(GivenDecision decision) => IsOf(decision.Source, decision)
        ? null
        : Later(decision.Source).Where(later => IsOf(later, decision)).Select(later => (Position?)later).FirstOrDefault();

    private bool IsOf(Position position, GivenDecision decision) => _inputs.TryGetValue(position, out var paymentId) && paymentId == decision.Content.PaymentId;

    /// <returns>Null where there is no such record.</returns>
    private bool? IsInvalid(Position position) => _inputs.TryGetValue(position, out var paymentId) ? paymentId is null : null;

    private IEnumerable<Position> Later(Position position) =>
        (position.Topic == logs.Payments[0].Name ? logs.Payments : logs.Labels).SkipWhile(topic => topic.Id != position.TopicId).Skip(1)
            .Select(topic => position with { TopicId = topic.Id });

    /// <summary>
    /// Records that are owed an answer, and whose payment they are; null for those that are none.
    /// </summary>
    private static IEnumerable<KeyValuePair<Position, string?>> InputsOf(IReadOnlyList<InputTopic> topics) =>
        from topic in topics
        from record in topic.Records
        where record.Expect != Expect.Nothing
        select new KeyValuePair<Position, string?>(
            new Position(topic.Name, topic.Id, record.Partition, record.Offset), record.Expect == Expect.Decision ? PublishedPayment.Read(record.Value).Id : null);
}
