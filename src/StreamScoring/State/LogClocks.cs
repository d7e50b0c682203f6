namespace StreamScoring.State;

/// <summary>What time it is by a log's records, as it stands in a head and in snapshots.</summary>
/// <param name="EventTime">The clock of its payments' event times: all that it is.</param>
/// <param name="Blocks">Which of its payments are remembered: all that it is.</param>
public sealed record LogClocks(long[] EventTime, long[] Blocks);
