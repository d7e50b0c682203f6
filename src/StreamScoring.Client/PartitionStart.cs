using Confluent.Kafka;

namespace StreamScoring.Client;

/// <summary>Where reading a partition starts.</summary>
/// <param name="Offset">Of the first record to read.</param>
/// <param name="End">Behind the last record that was there when it was asked.</param>
internal readonly record struct PartitionStart(TopicPartition Partition, long Offset, long End);
