namespace StreamScoring.Client;

/// <summary>A payments log: one partition of one region's topic.</summary>
internal readonly record struct LogKey(string Region, string Topic, int Partition);
