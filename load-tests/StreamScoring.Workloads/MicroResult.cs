namespace StreamScoring.Workloads;

/// <summary>A line of the baseline.</summary>
/// <param name="NsPerRecord">CPU time, nanoseconds.</param>
/// <param name="BytesPerRecord">On the managed heap.</param>
public sealed record MicroResult(string Benchmark, string Stage, Statistics.Spread NsPerRecord, double BytesPerRecord);
