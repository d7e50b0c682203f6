namespace StreamScoring.Logs;

/// <summary>Where the reading of a log starts.</summary>
/// <param name="Next">The first offset that is read.</param>
/// <param name="Begin">The log's first offset.</param>
/// <param name="Folded">Everything before it is in the state.</param>
public readonly record struct LogStart(long Next, long Begin, long Folded);
