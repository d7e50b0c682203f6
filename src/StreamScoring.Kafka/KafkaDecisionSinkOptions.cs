namespace StreamScoring.Kafka;

/// <summary>What decisions are written with.</summary>
/// <param name="RecordsInFlightMax">More than all batches in flight can hold.</param>
public sealed record KafkaDecisionSinkOptions(string Decisions, string DeadLetters, TimeSpan Linger, string Compression, int RecordsInFlightMax);
