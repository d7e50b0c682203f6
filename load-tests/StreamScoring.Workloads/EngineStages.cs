using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Emit;
using StreamScoring.Features;
using StreamScoring.Ingest;
using StreamScoring.Onnx;
using StreamScoring.Regions;
using StreamScoring.Scoring;
using StreamScoring.State;

namespace StreamScoring.Workloads;

/// <summary>
/// The pipeline's own logic of every stage between the two ports, run on the caller's thread: what <see cref="ScoringGraph"/> runs,
/// without its queues and threads. Notes how long each stage took.
/// </summary>
public sealed class EngineStages : IDisposable
{
    public static readonly string[] Names = ["decode", "fold", "score", "decide", "encode"];

    private const int Labels = 0, Payments = 1;

    private static readonly LogTable Logs = new([(new LogId("eu", "labels", 0), LogKind.Labels), (new LogId("eu", "payments", 0), LogKind.Payments)]);

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly IngestLimits _limits = new();
    private readonly RecordDecoder _decoder;
    private readonly FoldedState _state;
    private readonly ScoringLanes _lanes;
    private readonly DecisionPolicy _policy;
    private readonly BatchEncoder _encoder;
    private readonly PaymentBatchPool _pool;
    private readonly long[] _nextOffset = new long[Logs.Count];

    /// <param name="columns">For each input of the model, the column of the features.</param>
    /// <param name="batchesMax">Batches that may be out at the same time.</param>
    /// <param name="idempotency">Null: what a process has by default.</param>
    /// <param name="asJson">Decisions as JSON.</param>
    public EngineStages(
        FeatureFile file, OnnxModel model, IReadOnlyList<int> columns, int batchRows, int batchesMax = 1, IdempotencyOptions? idempotency = null, bool asJson = false)
    {
        idempotency ??= IdempotencyOptions.Default;
        _decoder = new RecordDecoder(file.Layout, _limits, Logs);
        _state = new FoldedState(file, Logs, idempotency);
        _policy = new DecisionPolicy(new RiskThresholds(), new FirstDecisions(idempotency.PaymentsMax));
        _lanes = new ScoringLanes(model, columns, laneCount: 1, batchRows, _clock);
        var stamp = new DecisionStamp(model.Name, model.Version, model.Engine, file.Hash, null, file.Hash, file.Schema.Names, BudgetMs: 100);
        _encoder = new BatchEncoder(Logs, new DecisionEncoder(stamp, Logs, _clock), new DeadLetterEncoder(Logs), meters: null, asJson);
        _pool = new PaymentBatchPool(file.Layout, batchesMax, batchRows);
    }

    /// <summary>[stages] CPU time since <see cref="Restart"/>, nanoseconds.</summary>
    public long[] TookNs { get; } = new long[Names.Length];

    public void Restart() => Array.Clear(TookNs);

    /// <summary>A batch filled from the records, as the source fills it; not part of any stage.</summary>
    public PaymentBatch Take(ReadOnlySpan<BenchmarkRecord> records)
    {
        var batch = _pool.TryRent();
        Invariant.Require(batch is not null);
        batch.Clock.Received = _clock.GetTimestamp();
        batch.Clock.ReceivedAtMs = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (ref readonly var record in records)
        {
            var log = record.IsLabel ? Labels : Payments;
            batch.Append(log, _nextOffset[log]++, batch.Clock.ReceivedAtMs, decide: !record.IsLabel, record.Value.Span, _limits.RecordBytesMax);
        }

        return batch;
    }

    /// <summary>Decodes, folds, scores, decides and encodes the batch.</summary>
    public void Run(PaymentBatch batch)
    {
        var startedNs = ThreadClock.NowNs();
        Decode(batch);
        Lap(0, ref startedNs);
        Fold(batch);
        Lap(1, ref startedNs);
        Score(batch);
        Lap(2, ref startedNs);
        Decide(batch);
        Lap(3, ref startedNs);
        Encode(batch);
        Lap(4, ref startedNs);
        Invariant.Require(batch.RejectedCount == 0);
        Invariant.Require(batch.Encoded.Records.Length == batch.DecideCount);
    }

    public void Decode(PaymentBatch batch)
    {
        _decoder.Decode(batch);
        batch.Clock.Ingested = batch.Clock.EnrichStarted = _clock.GetTimestamp();
    }

    public void Fold(PaymentBatch batch)
    {
        _state.Enrich(batch);
        batch.Clock.Enriched = _clock.GetTimestamp();
    }

    public void Score(PaymentBatch batch) => _lanes.Score(batch);

    public void Decide(PaymentBatch batch)
    {
        _policy.Decide(batch);
        batch.Clock.Decided = _clock.GetTimestamp();
        batch.Clock.DecidedAtMs = _clock.GetUtcNow().ToUnixTimeMilliseconds();
    }

    public void Encode(PaymentBatch batch) => _encoder.Encode(batch);

    public void Return(PaymentBatch batch) => _pool.Return(batch);

    public void Dispose() => _lanes.Dispose();

    private void Lap(int stage, ref long startedNs)
    {
        var nowNs = ThreadClock.NowNs();
        TookNs[stage] += nowNs - startedNs;
        startedNs = nowNs;
    }
}
