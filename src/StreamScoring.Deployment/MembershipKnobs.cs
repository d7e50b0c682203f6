namespace StreamScoring.Deployment;

/// <summary>How a process is a member of its consumer group.</summary>
/// <param name="UsesConsumerProtocol">The protocol of KIP-848, for brokers that have it; the
/// session is then the broker's setting.</param>
/// <param name="Session">How long a member may be silent before its partitions go to
/// others.</param>
/// <param name="Instance">A name that outlives the process; empty for none.</param>
public sealed record MembershipKnobs(bool UsesConsumerProtocol, TimeSpan Session, string Instance);
