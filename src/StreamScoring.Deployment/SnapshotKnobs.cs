namespace StreamScoring.Deployment;

/// <summary>When the state is written to disk.</summary>
/// <param name="Interval">Zero: never, not even at the end.</param>
/// <param name="Keep">Of each set of logs.</param>
public sealed record SnapshotKnobs(TimeSpan Interval, int Keep);
