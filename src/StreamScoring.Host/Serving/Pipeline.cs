using Akka.Streams;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Deployment;
using StreamScoring.Emit;
using StreamScoring.Features;
using StreamScoring.Ingest;
using StreamScoring.Lists;
using StreamScoring.Logs;
using StreamScoring.Quality;
using StreamScoring.Scoring;
using StreamScoring.Signals;
using StreamScoring.State;
using StreamScoring.Streams;
using StreamScoring.Telemetry;

namespace StreamScoring.Host.Serving;

/// <summary>
/// A running graph: made of a topology's artifacts and two ports, whatever those are.
/// </summary>
internal sealed class Pipeline : IAsyncDisposable
{
    private readonly AkkaSystem _akka;
    private readonly Engine _engine;
    private readonly Policies _policies;
    private readonly TimeSpan _callMax;
    private readonly ILogSource _source;
    private readonly IDecisionSink _sink;
    private readonly LiveOptions _options;
    private readonly UniqueKillSwitch _stop;

    private Pipeline(Topology topology, ILogSource source, IDecisionSink sink, AkkaSystem akka, Engine engine)
    {
        (_akka, _engine, _source, _sink, _callMax) = (akka, engine, source, sink, topology.ModelCallMax);
        Invariant.Require(engine.Policies is not null);
        _policies = engine.Policies;
        Digest = new SharedDigest(engine.State, Progress);
        _options = new LiveOptions(OptionsOf(topology));
        (_stop, Done) = ScoringGraph.Build(engine, source, sink, _options).Run(_akka.Materializer);
    }

    /// <summary>
    /// Starts the graph. From the call on the ports are the pipeline's: it lets go of them at its
    /// end, and where it cannot be made.
    /// </summary>
    /// <param name="failures">Told why models failed; null: nobody is.</param>
    /// <param name="deadLetterBytesMax">What the dead-letter topic takes.</param>
    /// <param name="logger">Told of records that are stamped ahead.</param>
    /// <param name="policyLog">Null: no log changes the policy.</param>
    /// <param name="late">Given answers of shadows that came after their decisions; null: they are
    /// only counted.</param>
    /// <param name="marks">Says which call of which model runs; null: nobody wants to know.</param>
    /// <param name="quality">Joins decisions with labels; null: nobody does.</param>
    public static async Task<Pipeline> StartAsync(
        Topology topology, FeatureFile features, PolicyParts policy, ModelFailures? failures, LogTable logs, LogCoverage coverage, FoldedState state, FirstDecisions firsts, ILogSource source, IDecisionSink sink, EngineMeter meter,
        int deadLetterBytesMax = int.MaxValue, ILogger? logger = null, PolicyLogParts? policyLog = null, ILateAnswers? late = null, ICallMarks? marks = null, QualityWatch? quality = null)
    {
        AkkaSystem? akka = null;
        Engine? engine = null;
        try
        {
            akka = new AkkaSystem();
            engine = new Engine(new EngineParts(logs, features, state, DecisionsOf(topology, policy, failures, firsts, deadLetterBytesMax, policyLog, late, marks, sink))
            {
                Coverage = coverage,
                Limits = topology.Limits,
                Identity = topology.Identity,
                BatchesMax = Engine.BatchesMax(OptionsOf(topology)),
                BatchRowsMax = topology.Ingest.BatchRowsMax,
                Meters = new PipelineMeters(meter, logs),
                Logger = logger ?? NullLogger.Instance,
                Quality = quality,
            });
            return new Pipeline(topology, source, sink, akka, engine);
        }
        catch
        {
            await DisposeAsync(akka, sink, source, engine);
            throw;
        }
    }

    /// <summary>Completes when the graph is drained, fails when a stage does.</summary>
    public Task Done { get; }

    public PipelineProgress Progress => _engine.Progress;

    public FoldedState State => _engine.State;

    /// <summary>The state's vector and digest.</summary>
    public SharedDigest Digest { get; }

    /// <summary>How stale the followed regions are.</summary>
    public LogCoverage Coverage => _engine.Coverage;

    /// <summary>Batches between the source and the acknowledgement.</summary>
    public int BatchesRented => _engine.Pool.Rented;

    /// <summary>Keys and bytes of each entity's state.</summary>
    public IEnumerable<(string Entity, int Keys, long Bytes)> StateSizes => State.Features.Sizes;

    /// <summary>
    /// Goes on by the live keys of another topology, each stage from its next batch on.
    /// </summary>
    public void Take(Topology topology)
    {
        var options = OptionsOf(topology);
        _engine.Pool.Resize(Engine.BatchesMax(options), topology.Ingest.BatchRowsMax);
        _options.Change(options);
    }

    /// <summary>What decides the next batch.</summary>
    public Policy Policy => _policies.InForce;

    /// <summary>Whether logs change the policy.</summary>
    public bool HasPolicyLog => _engine.PolicyChanges is not null;

    /// <summary>The lists that rules look into, or could.</summary>
    public IReadOnlyCollection<EntryList> Lists => [.. HasPolicyLog ? State.Lists.Lists.Values : Policy.Parts.Rules?.World.Lists?.Values ?? []];

    /// <summary>As its decisions name it.</summary>
    public string PolicyId => _engine.PolicyChanges is null ? Policy.Id : Policy.Parts.IdBy(State.Lists.Lists);

    /// <summary>
    /// Why what decides is not what the control log says; null where it is, or no log says.
    /// </summary>
    public string? Unapplied => _engine.PolicyChanges?.Unapplied;

    /// <summary>
    /// Decides by another policy from the next batch on, where it is another. It may take a while
    /// to open its lanes.
    /// </summary>
    public void Take(PolicyParts policy)
    {
        if (policy.Id == Policy.Id && policy.ScoresLike(Policy.Parts))
        {
            policy.Held?.Dispose();
            return;
        }

        _policies.Swap(policy);
    }

    /// <summary>
    /// Takes no further record; what was taken is decided and acknowledged: without a score where
    /// the models have none within the time of a call.
    /// </summary>
    public void Stop()
    {
        _stop.Shutdown();
        _policies.StopAfter(_callMax);
    }

    private static DecisionParts DecisionsOf(Topology topology, PolicyParts policy, ModelFailures? failures, FirstDecisions firsts, int deadLetterBytesMax, PolicyLogParts? policyLog, ILateAnswers? late, ICallMarks? marks, IDecisionSink sink) =>
        new(policy, firsts)
        {
            Lanes = topology.ScoringLanes,
            LanesMax = PipelineOptions.ScoringLanesCeiling,
            Failures = failures,
            PolicyLog = policyLog,
            LateAnswers = late,
            CallMarks = marks,
            SchemasAhead = sink is SchemasFirst schemas ? schemas.PublishAhead : null,
            IsBusy = new CpuLoad(TimeProvider.System).IsBusy,
            Form = topology.Emit.Form,
            DeadLetterBytesMax = deadLetterBytesMax,
        };

    private static PipelineOptions OptionsOf(Topology topology) => new()
    {
        MergeWaitMax = topology.Ingest.MergeWaitMax,
        ScoringLanes = topology.ScoringLanes,
        EmitBatchesInFlightMax = topology.Emit.BatchesInFlightMax,
    };

    public ValueTask DisposeAsync() => DisposeAsync(_akka, _sink, _source, _engine);

    private static async ValueTask DisposeAsync(AkkaSystem? akka, IDecisionSink sink, ILogSource source, Engine? engine)
    {
        // A lane in a call would keep the actors, and nobody wants what it makes any more.
        engine?.Policies?.Abandon();
        if (akka is not null)
        {
            await akka.DisposeAsync();
        }

        // Before the group is left: what a graph that failed had sent and not heard of is another's
        // to decide from then on.
        await sink.DisposeAsync();
        // After the graph: the source commits on its way out what the graph had acknowledged.
        source.Dispose();
        engine?.Dispose();
    }
}
