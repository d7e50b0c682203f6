using Confluent.Kafka;

namespace StreamScoring.Kafka;

/// <summary>A decisions partition as it stood when its payments were taken over.</summary>
/// <param name="Low">Its first offset.</param>
/// <param name="High">Behind its last.</param>
internal readonly record struct DecisionsEnd(TopicPartition Partition, long Low, long High);
