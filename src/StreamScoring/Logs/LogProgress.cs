namespace StreamScoring.Logs;

/// <summary>How far a log is decided by this process.</summary>
/// <param name="AcknowledgedThrough">Everything before it is acknowledged; 0 where nothing was
/// decided here.</param>
/// <param name="IsDrained">Nothing that was taken to be decided is still on its way.</param>
public readonly record struct LogProgress(long AcknowledgedThrough, bool IsDrained);
