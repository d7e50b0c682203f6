namespace StreamScoring.Kafka;

/// <summary>How a process is a member of its consumer group.</summary>
/// <param name="UsesConsumerProtocol">The protocol of KIP-848, for brokers that have it; sessions
/// are then the broker's setting.</param>
/// <param name="Session">How long a member may be silent before its partitions go to
/// others.</param>
/// <param name="Instance">A name that outlives the process, so that it gets its partitions back at
/// once after a restart; empty for none.</param>
/// <param name="TransactionTimeout">
/// Where offsets are committed together with the decisions, in their transactions: after how long
/// the brokers abort one. Null where the member commits.
/// </param>
public sealed record GroupOptions(string Name, bool UsesConsumerProtocol, TimeSpan Session, string Instance, TimeSpan? TransactionTimeout);
