using System.Collections.Concurrent;
using System.Text;
using Akka;
using Akka.Actor;
using Akka.Streams;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Emit;
using StreamScoring.Scoring;
using StreamScoring.Signals;
using StreamScoring.State;
using StreamScoring.Streams;
using StreamScoring.Tests.Telemetry;
using StreamScoring.TestSupport;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Graph;

/// <summary>The whole path on in-memory logs: one of labels, two of payments.</summary>
internal sealed class GraphHarness : IDisposable
{
    public const int BatchRows = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ActorSystem _system = ActorSystem.Create("graph", "akka { loglevel = OFF, stdout-loglevel = OFF, log-dead-letters = off }");
    private readonly EngineMeter _meter = new();
    private readonly MeterReadings _readings;
    private readonly Engine _engine;
    private readonly UniqueKillSwitch _stop;

    public GraphHarness(
        IDecisionSink sink, FakeModel? model = null, int lanes = 1, int batchesInFlightMax = 3, IReadOnlyList<string>? featureNames = null, TimeSpan? shadowWaitMax = null, ReasonOptions? reasons = null, Func<PolicyParts, PolicyParts>? change = null, ILateAnswers? late = null, Func<bool>? isBusy = null, params IReadOnlyList<FakeModel> shadows)
    {
        var features = FeatureFiles.Parse("features.yaml", "version: 1\nfeatures:\n  - {name: tx_amount, describe: what it costs, expression: amount}\n");
        Logs = [new MemoryLog(TestBatch.Labels), new MemoryLog(TestBatch.Payments), new MemoryLog(TestBatch.MorePayments)];
        Source = new MemoryLogSource(Logs);
        Options = new LiveOptions(new PipelineOptions { ScoringLanes = lanes, EmitBatchesInFlightMax = batchesInFlightMax });
        BatchesMax = Engine.BatchesMax(Options.Current);
        _readings = new MeterReadings(_meter);
        model ??= new FakeModel(calibration: new ScoreCalibration(OutputKind.Probability, []));
        var shadowOptions = Shadows(shadows, shadowWaitMax ?? Patience);
        var stamp = new DecisionStamp(features.Hash, null, features.Hash, featureNames ?? features.Schema.Names, 100)
        {
            ShadowIds = [.. shadowOptions.Models.Select(shadow => shadow.Id)],
            FeatureTexts = featureNames is null ? features.Schema.Texts : [],
        };
        var policy = new PolicyParts(model, [0], stamp, new RiskThresholds()) { Shadows = shadowOptions, Reasons = reasons ?? ReasonOptions.None };
        policy = change?.Invoke(policy) ?? policy;
        policy = policy with { ModelMeters = new ModelMeters(_meter, [.. policy.Models.Select(served => (served.Model.Name, served.Role))]) };
        var decisions = new DecisionParts(policy, new FirstDecisions(1000))
        {
            Lanes = lanes,
            LateAnswers = late,
            IsBusy = isBusy,
            SchemasAhead = schemas => PublishedAhead.Add((schemas.Count, Policies.InForce.Id)),
            LanesMax = PipelineOptions.ScoringLanesCeiling,
            Failures = new ModelFailures(_meter, new TextLogger(Notices.Enqueue)),
        };
        _engine = new Engine(new EngineParts(TestBatch.Logs, features, new FoldedState(features, TestBatch.Logs, IdempotencyOptions.Default), decisions)
        {
            BatchesMax = BatchesMax,
            BatchRowsMax = BatchRows,
        });
        (_stop, Done) = ScoringGraph.Build(_engine, Source, sink, Options).Run(_system.Materializer());
    }

    /// <summary>What was said of models that failed.</summary>
    public ConcurrentQueue<string> Notices { get; } = new();

    /// <summary>
    /// Schemas that were published ahead, each time with the policy that was in force.
    /// </summary>
    public List<(int Count, string InForce)> PublishedAhead { get; } = [];

    /// <summary>The score stage's.</summary>
    public ScoringLanes Lanes => _engine.Policies!.InForce.Lanes;

    public Policies Policies => _engine.Policies!;

    public IReadOnlyList<MemoryLog> Logs { get; }

    public MemoryLogSource Source { get; }

    public PaymentBatchPool Pool => _engine.Pool;

    public LiveOptions Options { get; }

    /// <summary>Lanes that were opened.</summary>
    public int LaneCount => Lanes.LaneCount;

    public PipelineProgress Progress => _engine.Progress;

    /// <summary>
    /// Batches that the architecture page allows between source and acknowledgement.
    /// </summary>
    public int BatchesMax { get; }

    public Task<Done> Done { get; }

    public void Append(int logIndex, long timestampMs, string record) => Logs[logIndex].Append(timestampMs, Encoding.UTF8.GetBytes(record));

    /// <summary>Payments 0, 1, 2 … in turn on the two logs.</summary>
    public void AppendPayments(int count) => AppendPayments(0, count);

    public void AppendPayments(int from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            Append(i % 2 == 0 ? TestBatch.Payments : TestBatch.MorePayments, TestBatch.LogTimestampMs + i, Payment(i));
        }

        Source.Wake();
    }

    public static string Payment(int i) =>
        $"{{\"payment_id\":\"p-{i}\",\"event_time\":{TestBatch.LogTimestampMs + i},\"amount_minor\":{i % 100 * 100},\"currency\":\"EUR\",\"card_id\":\"c\"}}";

    public void Stop() => _stop.Shutdown();

    public async Task FinishAsync()
    {
        Source.Complete();
        await Done.WaitAsync(Patience);
    }

    /// <summary>Waits until the condition holds, looking at it again and again.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    /// <summary>Named by their number.</summary>
    private ShadowOptions Shadows(IReadOnlyList<FakeModel> models, TimeSpan waitMax) =>
        new([.. models.Select((model, i) => new ShadowModel($"shadow-{i}", model, [0]))], waitMax, new ShadowMeters(_meter, [.. models.Select((_, i) => $"shadow-{i}")], new RiskThresholds()));

    /// <summary>A counter's value, as /metrics says it.</summary>
    public long CountOf(string nameAndLabels) => _readings[nameAndLabels];

    public static IEnumerable<DecisionRecord> DecisionsOf(MemoryDecisionSink sink) =>
        sink.Records.Where(record => !record.IsDeadLetter).Select(record => DecisionMessagePack.Read(record.Value));

    public static IEnumerable<string> PaymentsOf(MemoryDecisionSink sink) =>
        DecisionsOf(sink).Select(decision => decision.PaymentId);

    public void Dispose()
    {
        _system.Terminate().Wait(Patience);
        _engine.Dispose();
        _readings.Dispose();
        _meter.Dispose();
        _system.Dispose();
    }
}
