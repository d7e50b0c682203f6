using StreamScoring.Batches;
using StreamScoring.Diagnostics;
using StreamScoring.Ingest;
using StreamScoring.Regions;
using StreamScoring.State;

namespace StreamScoring;

/// <summary>The first half of a graph, which every use shares: records in, features out.</summary>
/// <param name="Clock">Processing time. Nothing in the pipeline looks at another clock.</param>
/// <param name="Timestamps">Told of each batch that was taken; null where nobody wants to know.</param>
/// <param name="Coverage">How stale the regions are that are followed.</param>
public sealed record IntakeParts(
    TimeProvider Clock, LogTable Logs, LogCoverage Coverage, PaymentBatchPool Pool, ILogSource Source, RecordDecoder Decoder, FoldedState State,
    PipelineProgress Progress, PipelineMeters? Meters, TimestampWatch? Timestamps = null);
