namespace StreamScoring.Workloads;

/// <summary>A payment or a label in the compact wire form.</summary>
public readonly record struct BenchmarkRecord(bool IsLabel, ReadOnlyMemory<byte> Value);
