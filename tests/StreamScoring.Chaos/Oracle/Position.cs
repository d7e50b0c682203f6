namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// A place in an input log. Topics of one name have places of their own: they are told apart by the
/// id.
/// </summary>
/// <param name="TopicId">In base64; empty where the record does not say.</param>
public readonly record struct Position(string Topic, string TopicId, int Partition, long Offset)
{
    /// <summary>The log, without the offset.</summary>
    public (string Topic, string TopicId, int Partition) Log => (Topic, TopicId, Partition);

    public override string ToString() => $"{Topic}/{Partition}/{Offset} of topic {TopicId}";
}
