namespace StreamScoring.Logs;

/// <summary>How far a log that changes the policy must be taken.</summary>
/// <param name="Next">Everything before it.</param>
public readonly record struct LogNeed(int LogIndex, long Next);
