namespace StreamScoring.Client;

/// <summary>A payments log: one partition of one region's topic.</summary>
/// <param name="TopicId">Of a topic that was deleted and made again another one; empty where it is
/// not known.</param>
internal readonly record struct LogKey(string Region, string Topic, int Partition, string TopicId = "");
