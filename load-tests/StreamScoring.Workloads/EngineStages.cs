using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Drift;
using StreamScoring.Emit;
using StreamScoring.Features;
using StreamScoring.Ingest;
using StreamScoring.Logs;
using StreamScoring.Onnx;
using StreamScoring.Rules;
using StreamScoring.Scoring;
using StreamScoring.State;

namespace StreamScoring.Workloads;

/// <summary>
/// An engine whose steps run on the caller's thread: what the graph of Akka.Streams runs, without
/// its queues and threads. Notes how long each step took.
/// </summary>
public sealed class EngineStages : IDisposable
{
    /// <summary>What results call the engine's steps.</summary>
    public static readonly string[] Names = ["decode", "fold", "score", "decide", "encode"];

    private const int Labels = 0, Payments = 1;

    private static readonly LogTable Logs = new([(new LogId("eu", "labels", 0), LogKind.Labels), (new LogId("eu", "payments", 0), LogKind.Payments)]);

    private readonly IngestLimits _limits = new();
    private readonly Engine _engine;
    private readonly Step _ingest;
    private readonly Step _enrich;
    private readonly Step _score;
    private readonly Step _decide;
    private readonly Step _emit;
    private readonly long[] _nextOffset = new long[Logs.Count];

    /// <param name="columns">For each input of the model, the column of the features.</param>
    /// <param name="batchesMax">Batches that may be out at the same time.</param>
    /// <param name="idempotency">Null: what a process has by default.</param>
    /// <param name="form">Of decisions; by default what a process writes by default.</param>
    /// <param name="rules">Null: none.</param>
    /// <param name="drift">Watches the model; null: nobody does.</param>
    public EngineStages(
        FeatureFile file, OnnxModel model, IReadOnlyList<int> columns, int batchRows, int batchesMax = 1, IdempotencyOptions? idempotency = null, DecisionForm form = DecisionForm.BySchema, PolicyRules? rules = null, DriftWatch? drift = null)
    {
        idempotency ??= IdempotencyOptions.Default;
        var stamp = new DecisionStamp(file.Hash, null, file.Hash, file.Schema.Names, BudgetMs: 100);
        var decisions = new DecisionParts(new PolicyParts(model, columns, stamp, new RiskThresholds()) { Rules = rules, Drift = drift?.Open([WatchedModel.Of(new ServedModel(ModelRole.Champion, model, columns), model.Reference)]) }, new FirstDecisions(idempotency.PaymentsMax)) { Form = form };
        _engine = new Engine(new EngineParts(Logs, file, new FoldedState(file, Logs, idempotency), decisions)
        {
            Limits = _limits,
            BatchesMax = batchesMax,
            BatchRowsMax = batchRows,
        });
        Invariant.Require(_engine.Steps.Count == Names.Length);
        (_ingest, _enrich, _score, _decide, _emit) = (StepOf("ingest"), StepOf("enrich"), StepOf("score"), StepOf("decide"), StepOf("emit"));

        Step StepOf(string name) => _engine.Steps.Single(step => step.Name == name);
    }

    /// <summary>[stages] CPU time since <see cref="Restart"/>, nanoseconds.</summary>
    public long[] TookNs { get; } = new long[Names.Length];

    public void Restart() => Array.Clear(TookNs);

    /// <summary>
    /// A batch filled from the records, as the source fills it; not part of any stage.
    /// </summary>
    public PaymentBatch Take(ReadOnlySpan<BenchmarkRecord> records)
    {
        var batch = _engine.Pool.TryRent();
        Invariant.Require(batch is not null);
        batch.Clock.Received = _engine.Clock.GetTimestamp();
        batch.Clock.ReceivedAtMs = _engine.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (ref readonly var record in records)
        {
            var log = record.IsLabel ? Labels : Payments;
            batch.Append(log, _nextOffset[log]++, batch.Clock.ReceivedAtMs, decide: !record.IsLabel, record.Value.Span, _limits.RecordBytesMax);
        }

        return batch;
    }

    /// <summary>Takes the batch through all steps.</summary>
    public void Run(PaymentBatch batch)
    {
        var startedNs = ThreadClock.NowNs();
        for (var step = 0; step < _engine.Steps.Count; step++)
        {
            _engine.Steps[step].Run(batch);
            Lap(step, ref startedNs);
        }

        Invariant.Require(batch.RejectedCount == 0);
        Invariant.Require(batch.Encoded.Records.Length == batch.DecideCount);
    }

    public void Decode(PaymentBatch batch) => _ingest.Run(batch);

    public void Fold(PaymentBatch batch) => _enrich.Run(batch);

    public void Score(PaymentBatch batch) => _score.Run(batch);

    public void Decide(PaymentBatch batch) => _decide.Run(batch);

    public void Encode(PaymentBatch batch) => _emit.Run(batch);

    public void Return(PaymentBatch batch) => _engine.Pool.Return(batch);

    public void Dispose() => _engine.Dispose();

    private void Lap(int stage, ref long startedNs)
    {
        var nowNs = ThreadClock.NowNs();
        TookNs[stage] += nowNs - startedNs;
        startedNs = nowNs;
    }
}
