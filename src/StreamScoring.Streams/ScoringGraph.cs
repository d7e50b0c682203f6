using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using StreamScoring.Batches;
using StreamScoring.Emit;
using StreamScoring.Ingest;

namespace StreamScoring.Streams;

/// <summary>
/// Runs an engine's steps as a graph between two ports. One graph per process; owned and followed
/// partitions share it.
/// </summary>
public static class ScoringGraph
{
    /// <returns>A graph whose value stops it (what was taken is still decided) and tells when all
    /// is acknowledged.</returns>
    public static IRunnableGraph<(UniqueKillSwitch Stop, Task<Done> Done)> Build(Engine engine, ILogSource source, IDecisionSink sink, LiveOptions options) =>
        Path(engine, source, options)
            // Sends, awaits the acknowledgement, then commits.
            .ToMaterialized(Sink.FromGraph(new EmitStage(engine, source, sink, options)), Keep.Both)
            .WithAttributes(OneBatchBetweenSteps);

    /// <summary>
    /// The same where a function takes what comes out of the last step, such as features that go to
    /// a table.
    /// </summary>
    public static IRunnableGraph<(UniqueKillSwitch Stop, Task<Done> Done)> Build(Engine engine, ILogSource source, LiveOptions options, Action<PaymentBatch> take) =>
        Path(engine, source, options)
            .Async()
            .ToMaterialized(Sink.ForEach<PaymentBatch>(batch =>
            {
                take(batch);
                engine.Pool.Return(batch);
            }), Keep.Both)
            .WithAttributes(OneBatchBetweenSteps);

    /// <summary>
    /// An element is a batch, so a buffer of one between two threads is enough, and rows in flight
    /// stay countable.
    /// </summary>
    private static Attributes OneBatchBetweenSteps => Attributes.CreateInputBuffer(1, 1);

    private static Source<PaymentBatch, UniqueKillSwitch> Path(Engine engine, ILogSource source, LiveOptions options)
    {
        var merge = new LogMerge(engine.Clock, options.Current.MergeWaitMax) { TakesFutureAsItIs = source.IsCompleted, Gate = engine.PolicyChanges };
        var path = Source.FromGraph(new LogSourceStage(engine, source, merge, options))
            .ViaMaterialized(KillSwitches.Single<PaymentBatch>(), Keep.Right);
        foreach (var step in engine.Steps)
        {
            path = step.Thread switch
            {
                StepThread.Shared => path.Via(new BatchStage(step)),
                StepThread.State => path.Async().Via(new StateStage(step, engine)),
                _ => path.Async().Via(new LanesStage(step, options)),
            };
        }

        return path;
    }
}
