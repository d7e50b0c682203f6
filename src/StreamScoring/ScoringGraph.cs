using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using StreamScoring.Batches;
using StreamScoring.Emit;
using StreamScoring.Ingest;
using StreamScoring.Scoring;
using StreamScoring.State;

namespace StreamScoring;

/// <summary>The path of a payment, in order. One graph per process; owned and followed partitions share it.</summary>
public static class ScoringGraph
{
    /// <returns>A graph whose value stops it (what was taken is still decided) and tells when all is acknowledged.</returns>
    public static IRunnableGraph<(UniqueKillSwitch Stop, Task<Done> Done)> Build(PipelineParts parts, LiveOptions options) =>
        Payments(parts.Intake, options)
            .Via(Decode(parts.Intake))                               // ingest: records -> columns, or a named refusal
            .Async()
            .Via(Enrich(parts.Intake))                               // + windowed aggregates; the one writer of state
            .Async()
            .Via(Score(parts, options))                              // + probability, on several lanes, order kept
            .Via(Decide(parts))                                      // + score, level, action
            .Via(Encode(parts))                                      // decisions and dead letters as bytes
            .ToMaterialized(Emit(parts, options), Keep.Both)         // send, await the acknowledgement, then commit
            .WithAttributes(OneBatchBetweenStages);

    /// <summary>
    /// The same path up to the features, for <c>backfill</c>: the caller's step takes the place of score, decide and emit.
    /// </summary>
    public static IRunnableGraph<(UniqueKillSwitch Stop, Task<Done> Done)> BuildFeatures(
        IntakeParts parts, LiveOptions options, Action<PaymentBatch> take) =>
        Payments(parts, options)
            .Via(Decode(parts))
            .Async()
            .Via(Enrich(parts))
            .Async()
            .ToMaterialized(Sink.ForEach<PaymentBatch>(batch =>
            {
                take(batch);
                parts.Pool.Return(batch);
            }), Keep.Both)
            .WithAttributes(OneBatchBetweenStages);

    /// <summary>An element is a batch, so a buffer of one between two threads is enough, and rows in flight stay countable.</summary>
    private static Attributes OneBatchBetweenStages => Attributes.CreateInputBuffer(1, 1);

    private static Source<PaymentBatch, UniqueKillSwitch> Payments(IntakeParts parts, LiveOptions options) =>
        Source.FromGraph(new LogSourceStage(parts, new LogMerge(parts.Clock, options.Current.MergeWaitMax) { TakesFutureAsItIs = parts.Source.IsCompleted }, options))
            .ViaMaterialized(KillSwitches.Single<PaymentBatch>(), Keep.Right);

    private static BatchStage Decode(IntakeParts parts) => Stage(parts, "ingest", batch =>
    {
        parts.Decoder.Decode(batch);
        batch.Clock.Ingested = parts.Clock.GetTimestamp();
    });

    private static EnrichStage Enrich(IntakeParts parts) => new(parts);

    private static ScoreStage Score(PipelineParts parts, LiveOptions options) => new(parts, options);

    private static BatchStage Decide(PipelineParts parts) => Stage(parts.Intake, "decide", batch =>
    {
        parts.Policy.Decide(batch);
        parts.Lanes.Shadows.Meters?.Decided(batch);
        batch.Clock.Decided = parts.Intake.Clock.GetTimestamp();
        batch.Clock.DecidedAtMs = parts.Intake.Clock.GetUtcNow().ToUnixTimeMilliseconds();
    });

    private static BatchStage Encode(PipelineParts parts) => Stage(parts.Intake, "emit", parts.Encoder.Encode);

    private static EmitStage Emit(PipelineParts parts, LiveOptions options) => new(parts, options);

    private static BatchStage Stage(IntakeParts parts, string name, Action<PaymentBatch> run) =>
        new(name, run, parts.Logs, parts.Clock, parts.Meters);
}
