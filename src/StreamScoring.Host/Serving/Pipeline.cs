using Akka.Streams;
using Prometheus;
using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Diagnostics;
using StreamScoring.Emit;
using StreamScoring.Features;
using StreamScoring.Ingest;
using StreamScoring.Regions;
using StreamScoring.Scoring;

namespace StreamScoring.Host.Serving;

/// <summary>A running graph: made of a topology's artifacts and two ports, whatever those are.</summary>
internal sealed class Pipeline : IAsyncDisposable
{
    private readonly AkkaSystem _akka = new();
    private readonly ScoringLanes _lanes;
    private readonly ILogSource _source;
    private readonly IDecisionSink _sink;
    private readonly FeatureEngine _features;
    private readonly UniqueKillSwitch _stop;

    public Pipeline(Topology topology, Artifacts artifacts, LogTable logs, ILogSource source, IDecisionSink sink, CollectorRegistry registry)
    {
        var clock = TimeProvider.System;
        (_source, _sink) = (source, sink);
        _features = new FeatureEngine(artifacts.Features);
        _lanes = new ScoringLanes(artifacts.Champion, artifacts.ChampionColumns, topology.ScoringLanes, topology.Ingest.BatchRowsMax, clock);
        var meters = new PipelineMeters(registry, logs);
        var pool = new PaymentBatchPool(artifacts.Features.Layout, BatchesMax(topology), topology.Ingest.BatchRowsMax);
        var intake = new IntakeParts(clock, logs, pool, source, new RecordDecoder(artifacts.Features.Layout, topology.Limits, logs), _features, Progress, meters);
        var encoder = new BatchEncoder(new DecisionEncoder(artifacts.Stamp, logs, clock), new DeadLetterEncoder(logs), meters, topology.Emit.AsJson);
        var parts = new PipelineParts(intake, _lanes, new DecisionPolicy(topology.Thresholds), encoder, sink);
        (_stop, Done) = ScoringGraph.Build(parts, new PipelineOptions
        {
            MergeWaitMax = topology.Ingest.MergeWaitMax,
            ScoringLanes = topology.ScoringLanes,
            EmitBatchesInFlightMax = topology.Emit.BatchesInFlightMax,
        }).Run(_akka.Materializer);
    }

    /// <summary>Completes when the graph is drained, fails when a stage does.</summary>
    public Task Done { get; }

    public PipelineProgress Progress { get; } = new();

    /// <summary>Keys and bytes of each entity's state.</summary>
    public IEnumerable<(string Entity, int Keys, long Bytes)> StateSizes => _features.Sizes;

    /// <summary>More than the graph can hold at once: in flight, on the lanes, and one at each boundary between threads.</summary>
    public static int BatchesMax(Topology topology) => topology.Emit.BatchesInFlightMax + topology.ScoringLanes + 8;

    /// <summary>Takes no further record; what was taken is decided and acknowledged.</summary>
    public void Stop() => _stop.Shutdown();

    public async ValueTask DisposeAsync()
    {
        await _akka.DisposeAsync();
        // After the graph: the source commits on its way out what the graph had acknowledged.
        _source.Dispose();
        await _sink.DisposeAsync();
        _lanes.Dispose();
    }
}
