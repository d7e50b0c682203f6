using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Diagnostics;
using StreamScoring.Emit;
using StreamScoring.Ingest;
using StreamScoring.Regions;
using StreamScoring.Scoring;
using StreamScoring.State;

namespace StreamScoring;

/// <summary>
/// The path of a payment, in order, and all that it works on. The engine runs nothing by itself: a graph (<c>Streams/ScoringGraph</c>), a
/// simulation or a benchmark takes each batch through <see cref="Steps"/>.
/// </summary>
public sealed class Engine : IDisposable
{
    /// <summary>Batches that may lie between threads, beside those on lanes and those that are sent.</summary>
    private const int BatchesBetweenThreads = 8;

    /// <summary>What <see cref="BatchesMax"/> is at the most that a topology allows.</summary>
    public const int BatchesCeiling = PipelineOptions.EmitBatchesInFlightCeiling + PipelineOptions.ScoringLanesCeiling + BatchesBetweenThreads;

    private readonly TimestampWatch? _timestamps;
    private readonly AcknowledgedOffsets _acknowledged;

    public Engine(EngineParts parts)
    {
        (Logs, Clock, State, Meters) = (parts.Logs, parts.Clock, parts.State, parts.Meters);
        Coverage = parts.Coverage ?? new LogCoverage(Logs, Clock);
        _acknowledged = new AcknowledgedOffsets(Logs);
        _timestamps = parts is { Meters: { } meters, Notice: { } notice } ? new TimestampWatch(Logs, meters, notice) : null;
        var layout = parts.Features.Layout;
        var decoder = new RecordDecoder(layout, parts.Limits, Logs, parts.Identity);
        List<Step> steps =
        [
            // Records become columns, or a refusal by name.
            StepOf("ingest", StepThread.Shared, batch =>
            {
                decoder.Decode(batch);
                batch.Clock.Ingested = Clock.GetTimestamp();
            }),
            // Windowed aggregates. The one writer of state.
            StepOf("enrich", StepThread.State, batch =>
            {
                batch.Clock.EnrichStarted = Clock.GetTimestamp();
                State.Enrich(batch);
                batch.Clock.Enriched = Clock.GetTimestamp();
            }),
        ];
        if (parts.Decisions is { } decisions)
        {
            var shadows = decisions.Shadows ?? ShadowOptions.None;
            layout = layout with { ShadowCount = shadows.Models.Count, ReasonsMax = decisions.Reasons?.Columns ?? 0 };
            Pool = NewPool();
            var policy = new DecisionPolicy(decisions.Thresholds, decisions.Firsts);
            var encoder = new BatchEncoder(
                Logs, new DecisionEncoder(decisions.Stamp, Logs, Clock), new DeadLetterEncoder(Logs, decisions.HashKey.Span), Meters, decisions.AsJson, decisions.DeadLetterBytesMax);
            // Last, as what fails from here on would leave lanes open. They have room for as many rows as a batch may ever have: that number changes while they run.
            var lanes = Lanes = new ScoringLanes(
                decisions.Model, decisions.Columns, decisions.Lanes, PaymentBatch.RowsCeiling, Clock, decisions.LanesMax, shadows, decisions.Reasons, decisions.Failures);
            steps.AddRange(
            [
                // The probability of fraud, and the shadow models'.
                StepOf("score", StepThread.Lanes, lanes.Score),
                // Score, level and action.
                StepOf("decide", StepThread.Shared, batch =>
                {
                    policy.Decide(batch);
                    shadows.Meters?.Decided(batch);
                    batch.Clock.Decided = Clock.GetTimestamp();
                    batch.Clock.DecidedAtMs = Clock.GetUtcNow().ToUnixTimeMilliseconds();
                }),
                // Decisions and dead letters as bytes, which a sink then sends.
                StepOf("emit", StepThread.Shared, encoder.Encode),
            ]);
        }

        Steps = steps;
        Pool ??= NewPool();

        PaymentBatchPool NewPool() => new(layout, parts.BatchesMax, parts.BatchRowsMax, parts.BatchBytesInitial);

        Step StepOf(string name, StepThread thread, Action<PaymentBatch> run) => new(name, thread, run, Logs, Clock, Meters?.StageSeconds(name));
    }

    /// <summary>The path of a payment, in order.</summary>
    public IReadOnlyList<Step> Steps { get; }

    public LogTable Logs { get; }

    public TimeProvider Clock { get; }

    /// <summary>Batches that are on their way. Whoever takes records rents one; whoever ends the path returns it.</summary>
    public PaymentBatchPool Pool { get; }

    public FoldedState State { get; }

    /// <summary>How stale the followed regions are.</summary>
    public LogCoverage Coverage { get; }

    public PipelineProgress Progress { get; } = new();

    /// <summary>Null where nobody counts.</summary>
    public PipelineMeters? Meters { get; }

    /// <summary>The score step's; null where the path ends behind the features.</summary>
    public ScoringLanes? Lanes { get; }

    /// <summary>How many batches may be on their way: those that are sent and not acknowledged, those on lanes, and some between threads.</summary>
    public static int BatchesMax(PipelineOptions options) => options.EmitBatchesInFlightMax + options.ScoringLanes + BatchesBetweenThreads;

    /// <summary>A batch was filled with records and goes on its way.</summary>
    public void Took(PaymentBatch batch)
    {
        Coverage.Stamp(batch);
        _timestamps?.Look(batch);
        Progress.Took(batch);
        Meters?.BatchTaken(batch);
    }

    /// <summary>A batch has come to the end of the path, after all before it: its offsets count as decided, and it goes back to the pool.</summary>
    /// <param name="source">Told up to where its logs are decided.</param>
    /// <param name="batchesInFlight">Batches that are sent and not acknowledged yet.</param>
    public void Acknowledged(PaymentBatch batch, ILogSource source, int batchesInFlight)
    {
        _acknowledged.Note(batch, source);
        Progress.Acknowledged(batch);
        Meters?.BatchAcknowledged(batch, Clock.GetElapsedTime(batch.Clock.Received), batchesInFlight);
        Pool.Return(batch);
    }

    /// <summary>Waits until every lane has come back, and lets go of the models' lanes.</summary>
    public void Dispose() => Lanes?.Dispose();
}
