using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.Decisions;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Tuning;
using StreamScoring.Emit;
using StreamScoring.Host.Serving;
using StreamScoring.Kafka;
using StreamScoring.Logs;
using StreamScoring.Signals;
using StreamScoring.State;

namespace StreamScoring.Host.Tuning;

/// <summary>
/// One run of the real pipeline in this process, from an empty state to the last acknowledgement.
/// </summary>
internal sealed class TuneTrial(Artifacts artifacts, TuneGoal goal, TuneWorkload workload)
{
    private const double WarmUpShare = 0.25;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="topology">With topics of the trial's own; those of payments hold the backlog
    /// already, where there is one.</param>
    /// <param name="publish">Publishes the payments once the pipeline reads; null: they are
    /// there.</param>
    public async Task<TrialFigures> RunAsync(Topology topology, Func<CancellationToken, Task>? publish, CancellationToken cancel)
    {
        // What the trial before held, so that none is slower for those before it.
        ProcessMemory.GiveBack();
        var logs = KafkaPorts.Logs(topology);
        var (state, firsts) = (new FoldedState(artifacts.Features, logs, topology.Idempotency, topology.StateBytesMax, identity: topology.Identity), new FirstDecisions(topology.Idempotency.PaymentsMax));
        var coverage = new LogCoverage(logs, TimeProvider.System);
        var connection = KafkaPorts.ConnectionOf(topology.Home);
        // Transactions are fenced by the group, so they need one; without it a trial starts seconds
        // earlier.
        var isMember = topology.Delivery == Delivery.Transactional;
        var source = KafkaPorts.Source(topology, connection, logs, isMember, state.Vector, firsts, coverage, NullLogger.Instance);
        var sink = new MeasuredSink(
            OpenSink(topology, connection, source, isMember), logs, workload.PaymentCount, (int)(workload.PaymentCount * WarmUpShare), goal == TuneGoal.Latency);
        using var meter = new EngineMeter();
        await using var pipeline = await Pipeline.StartAsync(
            topology, artifacts.Features, artifacts.PolicyOf(topology, meter), artifacts.Failures, logs, coverage, state, firsts, source, sink, meter);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var publishing = publish is null ? Task.CompletedTask : PublishOnceReadyAsync(source, publish, stop.Token);
        try
        {
            await AnsweredAsync(pipeline, sink, publishing, cancel);
        }
        finally
        {
            await stop.CancelAsync();
            await publishing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pipeline.Stop();
        }

        await pipeline.Done;
        return sink.Figures();
    }

    private static IDecisionSink OpenSink(Topology topology, KafkaConnection connection, KafkaLogSource source, bool isMember)
    {
        var limits = KafkaPorts.LimitsOf(topology, NullLogger.Instance);
        try
        {
            return isMember ? KafkaPorts.Sink(topology, connection, source, limits, NullLogger.Instance) : KafkaPorts.IdempotentSink(topology, connection, source.Logs, limits, NullLogger.Instance);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static async Task PublishOnceReadyAsync(KafkaLogSource source, Func<CancellationToken, Task> publish, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(LookInterval);
        while (!source.IsReady)
        {
            await timer.WaitForNextTickAsync(cancel);
        }

        await publish(cancel);
    }

    /// <summary>
    /// Ends when all payments are answered; with what went wrong when the graph or the publisher
    /// fails, or nothing is answered for too long.
    /// </summary>
    private static async Task AnsweredAsync(Pipeline pipeline, MeasuredSink sink, Task publishing, CancellationToken cancel)
    {
        var (answers, since) = (-1, TimeProvider.System.GetTimestamp());
        while (!sink.Done.IsCompleted)
        {
            cancel.ThrowIfCancellationRequested();
            if (pipeline.Done.IsCompleted || publishing.IsFaulted)
            {
                await (pipeline.Done.IsCompleted ? pipeline.Done : publishing);
                throw new KafkaFailedException("the pipeline ended before all payments were decided");
            }

            if (sink.Answers != answers)
            {
                (answers, since) = (sink.Answers, TimeProvider.System.GetTimestamp());
            }
            else if (TimeProvider.System.GetElapsedTime(since) > Patience)
            {
                throw new KafkaFailedException($"no payment was answered for {Patience.TotalSeconds:0} s, after {answers:N0}");
            }

            await Task.WhenAny(sink.Done, pipeline.Done, Task.Delay(LookInterval, CancellationToken.None));
        }
    }
}
