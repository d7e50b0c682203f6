using StreamScoring.Batches;
using StreamScoring.Diagnostics;
using StreamScoring.Features;
using StreamScoring.Ingest;
using StreamScoring.Regions;

namespace StreamScoring;

/// <summary>The first half of a graph, which every use shares: records in, features out.</summary>
/// <param name="Clock">Processing time. Nothing in the pipeline looks at another clock.</param>
public sealed record IntakeParts(
    TimeProvider Clock, LogTable Logs, PaymentBatchPool Pool, ILogSource Source, RecordDecoder Decoder, FeatureEngine Features,
    PipelineProgress Progress, PipelineMeters? Meters);
