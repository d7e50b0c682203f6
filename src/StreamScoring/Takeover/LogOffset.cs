namespace StreamScoring.Takeover;

/// <summary>An offset to commit: everything before it is acknowledged.</summary>
/// <param name="TopicId">
/// The id of the topic that it is a position of; empty where that is not known. The topic of that
/// name may be another by the time the commit arrives.
/// </param>
public readonly record struct LogOffset(int LogIndex, long Next, string TopicId);
