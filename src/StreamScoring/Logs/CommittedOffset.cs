namespace StreamScoring.Logs;

/// <summary>What the group committed of a log.</summary>
/// <param name="Next">The first offset that is not acknowledged; negative for nothing.</param>
/// <param name="TopicId">The id of the topic that it was committed for; empty where the commit does
/// not say.</param>
public readonly record struct CommittedOffset(long Next, string TopicId)
{
    public static CommittedOffset None => new(-1, "");

    /// <summary>The offset, where it is of this topic or may be.</summary>
    /// <param name="topicId">Null where it is not known.</param>
    /// <returns>Negative where the group committed nothing for it.</returns>
    public long NextOf(string? topicId) => topicId is null || TopicId.Length == 0 || TopicId == topicId ? Next : -1;
}
