namespace StreamScoring.Deployment;

/// <summary>Throughput knobs of writing.</summary>
/// <param name="Linger">How long the producer collects records before it sends.</param>
/// <param name="QueueKilobytesMax">Records handed to the producer and not yet acknowledged.</param>
/// <param name="BatchBytesMax">Of one batch on the wire, before compression.</param>
/// <param name="AsJson">Decisions as JSON instead of MessagePack.</param>
/// <param name="TransactionTimeout">After which the brokers abort the transaction of a process that is gone.</param>
public sealed record EmitKnobs(int BatchesInFlightMax, TimeSpan Linger, int QueueKilobytesMax, int BatchBytesMax, string Compression, bool AsJson, TimeSpan TransactionTimeout);
