namespace StreamScoring.Benchmarks;

/// <summary>A payment or a label in the compact wire form.</summary>
internal readonly record struct BenchmarkRecord(bool IsLabel, ReadOnlyMemory<byte> Value);
