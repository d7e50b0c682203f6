using StreamScoring.Batches;
using StreamScoring.Emit;
using StreamScoring.Expressions;
using StreamScoring.Ingest;
using StreamScoring.Logs;
using StreamScoring.Quality;
using StreamScoring.State;
using StreamScoring.Telemetry;

namespace StreamScoring;

/// <summary>
/// The path of a payment, in order, and all that it works on. The engine runs nothing by itself: a
/// graph (<c>Streams/ScoringGraph</c>), a simulation or a benchmark takes each batch through
/// <see cref="Steps"/>.
/// </summary>
public sealed class Engine : IDisposable
{
    /// <summary>
    /// Batches that may lie between threads, beside those on lanes and those that are sent.
    /// </summary>
    private const int BatchesBetweenThreads = 8;

    /// <summary>What <see cref="BatchesMax"/> is at the most that a topology allows.</summary>
    public const int BatchesCeiling = PipelineOptions.EmitBatchesInFlightCeiling + PipelineOptions.ScoringLanesCeiling + BatchesBetweenThreads;

    private readonly TimestampWatch? _timestamps;
    private readonly AcknowledgedOffsets _acknowledged;

    public Engine(EngineParts parts)
    {
        (Logs, Clock, State, Meters, Quality) = (parts.Logs, parts.Clock, parts.State, parts.Meters, parts.Quality);
        Coverage = parts.Coverage ?? new LogCoverage(Logs, Clock);
        _acknowledged = new AcknowledgedOffsets(Logs);
        _timestamps = parts is { Meters: { } meters, Logger: { } logger } ? new TimestampWatch(Logs, meters, logger) : null;
        var layout = new GrowingLayout(parts.Features.Layout);
        Pool = new PaymentBatchPool(layout, parts.BatchesMax, parts.BatchRowsMax, parts.BatchBytesInitial);
        var decoded = layout.Current;
        var decoder = new RecordDecoder(decoded, parts.Limits, Logs, parts.Identity);
        var currencies = parts.Logger is { } told ? new CurrencyWatch(parts.Features, told) : null;
        List<Step> steps =
        [
            // Records become columns, or a refusal by name.
            StepOf("ingest", StepThread.Shared, batch =>
            {
                if (layout.Current is var current && current != decoded)
                {
                    // Rules ask for attributes that nothing looked at before.
                    (decoded, decoder) = (current, new RecordDecoder(current, parts.Limits, Logs, parts.Identity));
                }

                batch.Fit(decoded);
                decoder.Decode(batch);
                currencies?.Look(batch);
                batch.Clock.Ingested = Clock.GetTimestamp();
            }),
            // Windowed aggregates. The one writer of state.
            StepOf("enrich", StepThread.State, batch =>
            {
                batch.Clock.EnrichStarted = Clock.GetTimestamp();
                if (PolicyChanges is null && Policies?.InForce.Parts.FoldedRates is { } rates && !State.Rates.Is(rates))
                {
                    State.Rates = RateSchedule.Of(rates);
                }

                State.Enrich(batch);
                Quality?.Enriched(batch, Logs);
                batch.Clock.Enriched = Clock.GetTimestamp();
                if (Policies is not null)
                {
                    // By the one thread that has the batches in their order: from here on they may
                    // overtake each other.
                    DecideBy(batch, Policies.Lease(batch.AttributeCount));
                    if (PolicyChanges is not null)
                    {
                        batch.Lists = State.Lists;
                        PolicyChanges.Fold(batch);
                    }
                }
            }),
        ];
        if (parts.Decisions is { } decisions)
        {
            var encoder = new BatchEncoder(Logs, new DeadLetterEncoder(Logs, decisions.HashKey.Span), Meters, decisions.Form == DecisionForm.Json, decisions.DeadLetterBytesMax);
            // Last, as what fails from here on would leave lanes open.
            Policies = new Policies(decisions, Logs, Clock, layout);
            PolicyChanges = decisions.PolicyLog is { } log ? new PolicyChanges(Logs, Policies, State, log) : null;
            steps.AddRange(
            [
                // The probability of fraud, and the shadow models'.
                StepOf("score", StepThread.Lanes, batch => PolicyOf(batch).Lanes.Score(batch)),
                // Score, level, action, and why.
                StepOf("decide", StepThread.Shared, batch =>
                {
                    batch.Clock.DecidedAtMs = Clock.GetUtcNow().ToUnixTimeMilliseconds();
                    PolicyOf(batch).Decider.Decide(batch);
                    batch.Clock.Decided = Clock.GetTimestamp();
                    PolicyOf(batch).Parts.Shadows.Meters?.Decided(batch);
                    batch.TellDecided();
                    PolicyOf(batch).Parts.ModelMeters?.Decided(batch);
                    PolicyOf(batch).Parts.Drift?.Decided(batch);
                    PolicyOf(batch).CountRules(batch);
                    Meters?.BatchDecided(batch);
                }),
            ]);
            if (decisions.IsWritten)
            {
                // Decisions and dead letters as bytes, which a sink then sends.
                steps.Add(StepOf("emit", StepThread.Shared, batch => encoder.Encode(batch, PolicyOf(batch).Encoder)));
            }
        }

        Steps = steps;

        Step StepOf(string name, StepThread thread, Action<PaymentBatch> run) => new(name, thread, run, Logs, Clock, Meters?.StageSeconds(name));
    }

    /// <summary>The path of a payment, in order.</summary>
    public IReadOnlyList<Step> Steps { get; }

    public LogTable Logs { get; }

    public TimeProvider Clock { get; }

    /// <summary>
    /// Batches that are on their way. Whoever takes records rents one; whoever ends the path
    /// returns it.
    /// </summary>
    public PaymentBatchPool Pool { get; }

    public FoldedState State { get; }

    /// <summary>How stale the followed regions are.</summary>
    public LogCoverage Coverage { get; }

    public PipelineProgress Progress { get; } = new();

    /// <summary>Null where nobody counts.</summary>
    public PipelineMeters? Meters { get; }

    /// <summary>Joins decisions with labels; null where nobody does.</summary>
    public QualityWatch? Quality { get; }

    /// <summary>What decides; null where the path ends behind the features.</summary>
    public Policies? Policies { get; }

    /// <summary>What the logs say that change the policy; null where none does.</summary>
    public PolicyChanges? PolicyChanges { get; }

    /// <summary>
    /// How many batches may be on their way: those that are sent and not acknowledged, those on
    /// lanes, and some between threads.
    /// </summary>
    public static int BatchesMax(PipelineOptions options) => options.EmitBatchesInFlightMax + options.ScoringLanes + BatchesBetweenThreads;

    /// <summary>A batch was filled with records and goes on its way.</summary>
    public void Took(PaymentBatch batch)
    {
        Coverage.Stamp(batch);
        _timestamps?.Look(batch);
        Progress.Took(batch);
        Meters?.BatchTaken(batch);
    }

    /// <summary>
    /// A batch has come to the end of the path, after all before it: its offsets count as decided,
    /// and it goes back to the pool.
    /// </summary>
    /// <param name="source">Told up to where its logs are decided.</param>
    /// <param name="batchesInFlight">Batches that are sent and not acknowledged yet.</param>
    public void Acknowledged(PaymentBatch batch, ILogSource source, int batchesInFlight)
    {
        _acknowledged.Note(batch, source);
        Quality?.Acknowledged(batch, Logs, PolicyOf(batch).Outcomes);
        Progress.Acknowledged(batch);
        Meters?.BatchAcknowledged(batch, Clock.GetElapsedTime(batch.Clock.Received), batchesInFlight);
        Pool.Return(batch);
    }

    /// <summary>Waits until every lane has come back, and frees all policies.</summary>
    public void Dispose() => Policies?.Dispose();

    private static void DecideBy(PaymentBatch batch, Policy policy) => batch.DecideBy(policy, policy.Parts.Shadows.Models.Count, policy.Parts.Reasons.Columns, policy.Rules?.Count ?? 0);

    private static Policy PolicyOf(PaymentBatch batch)
    {
        Invariant.Require(batch.Policy is Policy);
        return (Policy)batch.Policy;
    }
}
