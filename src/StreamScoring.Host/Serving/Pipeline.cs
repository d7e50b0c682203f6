using Akka.Streams;
using Prometheus;
using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Diagnostics;
using StreamScoring.Emit;
using StreamScoring.Ingest;
using StreamScoring.Regions;
using StreamScoring.Scoring;
using StreamScoring.State;

namespace StreamScoring.Host.Serving;

/// <summary>A running graph: made of a topology's artifacts and two ports, whatever those are.</summary>
internal sealed class Pipeline : IAsyncDisposable
{
    private readonly AkkaSystem _akka;
    private readonly ScoringLanes _lanes;
    private readonly TimeSpan _callMax;
    private readonly ILogSource _source;
    private readonly IDecisionSink _sink;
    private readonly PaymentBatchPool _pool;
    private readonly LiveOptions _options;
    private readonly UniqueKillSwitch _stop;

    private Pipeline(
        Topology topology, Artifacts artifacts, LogTable logs, LogCoverage coverage, FoldedState state, FirstDecisions firsts, ILogSource source, IDecisionSink sink, CollectorRegistry registry,
        int deadLetterBytesMax, Action<string>? notice, AkkaSystem akka, ScoringLanes lanes)
    {
        var clock = TimeProvider.System;
        (_akka, _lanes, _source, _sink, State, Coverage, _callMax) = (akka, lanes, source, sink, state, coverage, topology.ModelCallMax);
        Digest = new SharedDigest(state, Progress);
        var meters = new PipelineMeters(registry, logs);
        var layout = artifacts.Features.Layout with { ShadowCount = artifacts.Shadows.Count, ReasonsMax = topology.Reasons.Columns };
        _pool = new PaymentBatchPool(layout, BatchesMax(topology), topology.Ingest.BatchRowsMax);
        var intake = new IntakeParts(
            clock, logs, coverage, _pool, source, new RecordDecoder(artifacts.Features.Layout, topology.Limits, logs, topology.Identity), state, Progress, meters,
            new TimestampWatch(logs, meters, notice ?? (_ => { })));
        var encoder = new BatchEncoder(logs, new DecisionEncoder(artifacts.Stamp, logs, clock), new DeadLetterEncoder(logs), meters, topology.Emit.AsJson, deadLetterBytesMax);
        var parts = new PipelineParts(intake, _lanes, new DecisionPolicy(topology.Thresholds, firsts), encoder, sink);
        _options = new LiveOptions(OptionsOf(topology));
        (_stop, Done) = ScoringGraph.Build(parts, _options).Run(_akka.Materializer);
    }

    /// <summary>
    /// Starts the graph. From the call on the ports are the pipeline's: it lets go of them at its
    /// end, and where it cannot be made.
    /// </summary>
    /// <param name="deadLetterBytesMax">What the dead-letter topic takes.</param>
    /// <param name="notice">Told of records that are stamped ahead.</param>
    public static async Task<Pipeline> StartAsync(
        Topology topology, Artifacts artifacts, LogTable logs, LogCoverage coverage, FoldedState state, FirstDecisions firsts, ILogSource source, IDecisionSink sink, CollectorRegistry registry,
        int deadLetterBytesMax = int.MaxValue, Action<string>? notice = null)
    {
        AkkaSystem? akka = null;
        ScoringLanes? lanes = null;
        try
        {
            akka = new AkkaSystem();
            var shadows = new ShadowOptions(artifacts.Shadows, topology.ShadowWaitMax, new ShadowMeters(registry, artifacts.Stamp.ShadowIds, topology.Thresholds));
            lanes = new ScoringLanes(
                artifacts.Champion, artifacts.ChampionColumns, topology.ScoringLanes, PaymentBatch.RowsCeiling, TimeProvider.System, PipelineOptions.ScoringLanesCeiling, shadows, topology.Reasons,
                artifacts.Failures);
            return new Pipeline(topology, artifacts, logs, coverage, state, firsts, source, sink, registry, deadLetterBytesMax, notice, akka, lanes);
        }
        catch
        {
            await DisposeAsync(akka, sink, source, lanes);
            throw;
        }
    }

    /// <summary>Completes when the graph is drained, fails when a stage does.</summary>
    public Task Done { get; }

    public PipelineProgress Progress { get; } = new();

    public FoldedState State { get; }

    /// <summary>The state's vector and digest.</summary>
    public SharedDigest Digest { get; }

    /// <summary>How stale the followed regions are.</summary>
    public LogCoverage Coverage { get; }

    /// <summary>Batches between the source and the acknowledgement.</summary>
    public int BatchesRented => _pool.Rented;

    /// <summary>Keys and bytes of each entity's state.</summary>
    public IEnumerable<(string Entity, int Keys, long Bytes)> StateSizes => State.Features.Sizes;

    /// <summary>The bound on batches between the source and the acknowledgement: in flight, on the lanes, and some between threads.</summary>
    public static int BatchesMax(Topology topology) => topology.Emit.BatchesInFlightMax + topology.ScoringLanes + 8;

    /// <summary>Goes on by the live keys of another topology, each stage from its next batch on.</summary>
    public void Take(Topology topology)
    {
        _pool.Resize(BatchesMax(topology), topology.Ingest.BatchRowsMax);
        _options.Change(OptionsOf(topology));
    }

    /// <summary>Takes no further record; what was taken is decided and acknowledged: without a score where the models have none within the time of a call.</summary>
    public void Stop()
    {
        _stop.Shutdown();
        _lanes.StopAfter(_callMax);
    }

    private static PipelineOptions OptionsOf(Topology topology) => new()
    {
        MergeWaitMax = topology.Ingest.MergeWaitMax,
        ScoringLanes = topology.ScoringLanes,
        EmitBatchesInFlightMax = topology.Emit.BatchesInFlightMax,
    };

    public ValueTask DisposeAsync() => DisposeAsync(_akka, _sink, _source, _lanes);

    private static async ValueTask DisposeAsync(AkkaSystem? akka, IDecisionSink sink, ILogSource source, ScoringLanes? lanes)
    {
        // A lane in a call would keep the actors, and nobody wants what it makes any more.
        lanes?.Abandon();
        if (akka is not null)
        {
            await akka.DisposeAsync();
        }

        // Before the group is left: what a graph that failed had sent and not heard of is another's to decide from then on.
        await sink.DisposeAsync();
        // After the graph: the source commits on its way out what the graph had acknowledged.
        source.Dispose();
        lanes?.Dispose();
    }
}
