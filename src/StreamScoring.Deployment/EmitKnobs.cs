using StreamScoring.Emit;

namespace StreamScoring.Deployment;

/// <summary>Throughput knobs of writing.</summary>
/// <param name="Linger">How long the producer collects records before it sends.</param>
/// <param name="QueueKilobytesMax">Records handed to the producer and not yet acknowledged.</param>
/// <param name="BatchBytesMax">Of one batch on the wire, before compression.</param>
/// <param name="AsJson">Decisions as JSON instead of MessagePack.</param>
/// <param name="NamesInline">Each decision as older releases wrote it, with all names in it and in
/// its headers.</param>
/// <param name="TransactionTimeout">After which the brokers abort the transaction of a process that
/// is gone.</param>
public sealed record EmitKnobs(int BatchesInFlightMax, TimeSpan Linger, int QueueKilobytesMax, int BatchBytesMax, string Compression, bool AsJson, bool NamesInline, TimeSpan TransactionTimeout)
{
    public DecisionForm Form => AsJson ? DecisionForm.Json : NamesInline ? DecisionForm.Inline : DecisionForm.BySchema;

    /// <summary>Whether what decisions have in common stands in a topic of its own.</summary>
    public bool UsesSchemas => Form == DecisionForm.BySchema;
}
