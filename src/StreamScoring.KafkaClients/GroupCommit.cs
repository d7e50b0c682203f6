namespace StreamScoring.KafkaClients;

/// <summary>A group's committed offset.</summary>
/// <param name="Offset">Of the next record to read.</param>
/// <param name="Metadata">What the member stored with it.</param>
public readonly record struct GroupCommit(string Topic, int Partition, long Offset, string Metadata);
