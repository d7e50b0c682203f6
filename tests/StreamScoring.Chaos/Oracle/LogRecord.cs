namespace StreamScoring.Chaos.Oracle;

/// <summary>One record as it stands in a topic.</summary>
/// <param name="TimestampMs">The record's own, ms since the Unix epoch.</param>
/// <param name="Expect">Of inputs: what the publisher meant it to be.</param>
/// <param name="Source">Of outputs: the position that it answers, from its headers.</param>
public sealed record LogRecord(int Partition, long Offset, long TimestampMs, byte[] Value, Expect Expect = Expect.Nothing, Position? Source = null);
