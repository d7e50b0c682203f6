using Confluent.Kafka;
using StreamScoring.Emit;

namespace StreamScoring.Kafka;

/// <summary>A part of a decisions partition that is to be read, and what it says.</summary>
/// <param name="From">The first offset.</param>
/// <param name="Through">Behind the last offset.</param>
internal readonly record struct DecisionsStretch(TopicPartition Partition, long From, long Through, DecidedPositions Into);
