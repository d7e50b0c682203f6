namespace StreamScoring.Deployment;

/// <summary>A region's brokers and topics.</summary>
/// <param name="Brokers">host:port, comma separated.</param>
/// <param name="Partitions">Of payments, decisions and dead letters: partition p of payments is
/// decided into partition p of decisions.</param>
/// <param name="Security">Client settings for TLS and SASL, by librdkafka's names. Never
/// printed.</param>
public sealed record RegionTopology(
    string Name, string Brokers, int Partitions, int LabelPartitions, int Replication, string Payments, string Labels, string Decisions, string DeadLetters, string Schemas, string Control, string Lists, string Shadow, string Models,
    IReadOnlyDictionary<string, string> Security);
