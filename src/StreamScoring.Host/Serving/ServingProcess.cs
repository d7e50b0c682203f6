using System.Runtime.ExceptionServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Deployment;
using StreamScoring.Emit;
using StreamScoring.Features;
using StreamScoring.Kafka;
using StreamScoring.Logs;
using StreamScoring.Scoring;
using StreamScoring.Signals;
using StreamScoring.State;
using StreamScoring.Telemetry;

namespace StreamScoring.Host.Serving;

/// <summary>
/// The life of a process of <c>run</c>: restores the state, runs the graph, and where the graph
/// fails starts it over from a snapshot, as all that counts is in the logs. It gives up when that
/// happens too often.
/// </summary>
internal sealed class ServingProcess(
    Topology configured, LogTable logsAtStart, LiveTopology live, PolicyFiles policies, Snapshots snapshots, ProcessLife life, PipelineHealth health, EngineMeter meter, string url, ILogger logger, QualityStore? quality = null)
{
    private const int RestartsMax = 5;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RestartWindow = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan InstancePatience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan TopicPatience = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How often the topics are looked at: whether they have grown, and whether they are still the
    /// same.
    /// </summary>
    private static readonly TimeSpan GrowthInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FileInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HealthInterval = TimeSpan.FromSeconds(1);

    private readonly Queue<long> _restarts = new();
    private readonly BatchLimits _batchLimits = KafkaPorts.LimitsOf(configured, logger);
    private readonly PositionMeters _positions = new(meter);
    private readonly PolicyMeters _policyMeters = new(meter);

    /// <summary>
    /// As configured, with the partitions that came since, and the live keys that changed.
    /// </summary>
    private volatile Topology _topology = configured;
    private volatile LogTable _logs = logsAtStart;
    private volatile Pipeline? _pipeline;
    private volatile KafkaLogSource? _source;
    private CallMarks? _marks;
    private bool _wasReady;
    private long? _instanceInUseSince;

    /// <summary>The graph that runs now; null between two.</summary>
    public Pipeline? Pipeline => _pipeline;

    public KafkaLogSource? Source => _source;

    /// <summary>What is in force.</summary>
    public Topology Topology => _topology;

    public LogTable Logs => _logs;

    /// <param name="untilIdle">Ends once nothing came for so long and all is decided; null: goes on
    /// until it is cancelled.</param>
    public async Task RunAsync(TimeSpan? untilIdle, CancellationToken cancel)
    {
        _marks = CallMarks.Open(_topology.DataFolder, _topology.Membership.Instance, logger);
        try
        {
            await RunUntilEndAsync(untilIdle, cancel);
        }
        finally
        {
            quality?.End();
            _marks?.Dispose();
        }
    }

    private async Task RunUntilEndAsync(TimeSpan? untilIdle, CancellationToken cancel)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                if (!isFirst)
                {
                    _logs = await LogsNowAsync(cancel);
                }

                if (await RunOnceAsync(untilIdle, cancel) is not { } grown)
                {
                    life.Enter(LifeState.Ended);
                    return;
                }

                // Its live keys are those of when the graph was made.
                _topology = _topology with { Regions = grown.Regions };
                live.Grew(grown.Regions);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested && MayStartOver(e))
            {
                life.Enter(LifeState.StartingOver, e.Message);
                logger.StartsOver(e.Message);
                ProcessMemory.GiveBack();
                if ((e as StageFailedException)?.InnerException is StateAheadException ahead)
                {
                    snapshots.RequireAtOrBefore(_logs[ahead.LogIndex], ahead.Offset);
                }
                else
                {
                    snapshots.ForgetBounds();
                    await Task.Delay(RestartPause, cancel);
                }
            }
            catch (Exception e)
            {
                life.Enter(cancel.IsCancellationRequested && e is OperationCanceledException ? LifeState.Ended : LifeState.Failed, e.Message);
                throw;
            }
        }
    }

    /// <summary>
    /// Waits for brokers that are away, and for a topic that was deleted and is to be made again.
    /// </summary>
    private async Task<LogTable> LogsNowAsync(CancellationToken cancel)
    {
        string[] own = [$"{_topology.Region}/{_topology.Home.Payments}", $"{_topology.Region}/{_topology.Home.Labels}"];
        return await KafkaPorts.LogsOnceThereAsync(_topology, TopicPatience, Lacks, said =>
        {
            life.Enter(LifeState.StartingOver, said);
            logger.Waits(said);
        }, cancel);

        // Without it positions would be written that fit any topic of that name.
        string? Lacks(LogTable logs) => own.FirstOrDefault(topic => _logs.TopicIds.ContainsKey(topic) && !logs.TopicIds.ContainsKey(topic)) is { } topic
            ? $"the brokers do not tell the id of topic {topic} any more" : null;
    }

    /// <summary>
    /// At the start an error is the user's to mend; later the graph is started over, but not for
    /// ever.
    /// </summary>
    private bool MayStartOver(Exception e)
    {
        switch (e)
        {
            case LogsStandStillException or RecordTooLargeException or PositionBeyondEndException:
                return false;
            case BatchTooLargeException when _batchLimits.TryHalve():
                // As often as it takes: the halving is what bounds it.
                return true;
        }

        if (e is OwnershipMovedException or TopicMadeAnewException || (e as StageFailedException)?.InnerException is StateAheadException)
        {
            return true;
        }

        var now = TimeProvider.System.GetTimestamp();
        if (e is InstanceInUseException)
        {
            return TimeProvider.System.GetElapsedTime(_instanceInUseSince ??= now, now) < InstancePatience;
        }

        _restarts.Enqueue(now);
        while (TimeProvider.System.GetElapsedTime(_restarts.Peek(), now) > RestartWindow)
        {
            _restarts.Dequeue();
        }

        return _wasReady && _restarts.Count <= RestartsMax;
    }

    /// <returns>Null where it is over; what the topology has become, where partitions were
    /// added.</returns>
    private async Task<Topology?> RunOnceAsync(TimeSpan? untilIdle, CancellationToken cancel)
    {
        var (topology, logs) = (_topology, _logs);
        Topology? grown;
        var standStill = new List<LogStanding>();
        TopicMadeAnewException? madeAnew = null;
        life.Enter(LifeState.Restoring);
        var state = snapshots.Restore(logs);
        var firsts = new FirstDecisions(topology.Idempotency.PaymentsMax);
        var connection = KafkaPorts.ConnectionOf(topology.Home);
        var coverage = CoverageOf(state);
        var source = KafkaPorts.Source(topology, connection, logs, isMember: true, state.Vector, firsts, coverage, logger, _positions);
        var sink = await OpenSinkAsync(connection, source);
        using var graph = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var log = topology.Control is null ? null : new LogPolicy(policies, () => _topology, logger, graph.Token);
        var (policy, problem) = log?.AtStart(state.Control, state.Applied) ?? (policies.PolicyOf(topology), null);
        _marks?.Refer(logs);
        await using var late = new ShadowTopic(connection, topology.Home.Shadow, logs, new LateAnswerMeters(meter), logger);
        var pipeline = await Pipeline.StartAsync(
            topology, policies.Features, policy, policies.Failures, logs, coverage, state, firsts, source, sink, meter, _batchLimits.DeadLetterBytesMax, logger,
            log is null ? null : new PolicyLogParts(log) { Meters = _policyMeters, Logger = logger, Problem = problem }, late, _marks, quality?.Watch);
        (_source, _pipeline, health.Logs, health.Policy, health.Awaited) = (source, pipeline, source.Health, () => pipeline.Unapplied, () => log?.Awaited);
        life.Enter(LifeState.Joining);
        using var writing = new CancellationTokenSource();
        var written = snapshots.RunAsync(state, writing.Token);
        try
        {
            grown = await WatchAsync(topology, pipeline, source, untilIdle, standStill, cancel);
        }
        catch (TopicMadeAnewException e)
        {
            (grown, madeAnew) = (null, e);
        }
        finally
        {
            (_source, _pipeline, health.Logs, health.Policy, health.Awaited) = (null, null, null, null, null);
            await graph.CancelAsync();
            await writing.CancelAsync();
            // First of all the group is left, so that others can take over while this one writes
            // its state.
            await pipeline.DisposeAsync();
            await written;
        }

        PrintTotals(pipeline.Progress);
        // Where a topic is gone too: nobody can fold it again.
        await snapshots.WriteLastAsync(state);
        if (madeAnew is not null)
        {
            ExceptionDispatchInfo.Throw(madeAnew);
        }

        return standStill.Count == 0 ? grown : throw new LogsStandStillException(standStill);
    }

    /// <summary>Until a region is reached, it is as stale as what was restored of it.</summary>
    private LogCoverage CoverageOf(FoldedState state)
    {
        var logs = _logs;
        var coverage = new LogCoverage(logs, TimeProvider.System);
        for (var logIndex = 0; logIndex < logs.Count; logIndex++)
        {
            coverage.Restored(logIndex, state.Payments.TimesOf(logIndex));
        }

        return coverage;
    }

    private async Task<IDecisionSink> OpenSinkAsync(KafkaConnection connection, KafkaLogSource source)
    {
        try
        {
            await _batchLimits.AskAsync();
            return KafkaPorts.Sink(_topology, connection, source, _batchLimits, logger);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <param name="standStill">Filled with the logs because of which it ends, where these have
    /// records that nobody takes.</param>
    private async Task<Topology?> WatchAsync(
        Topology topology, Pipeline pipeline, KafkaLogSource source, TimeSpan? untilIdle, List<LogStanding> standStill, CancellationToken cancel)
    {
        using var partitions = new PartitionWatch(topology, source.Health);
        using var topics = new TopicWatch(topology, snapshots.TopicIds);
        var (growth, lookedAt) = (Task.FromResult<Topology?>(null), TimeProvider.System.GetTimestamp());
        var (fileLookedAt, healthSaidAt) = (lookedAt, lookedAt);
        var idleSince = TimeProvider.System.GetTimestamp();
        var taken = -1L;
        var isReady = false;
        using var timer = new PeriodicTimer(LookInterval);
        while (!cancel.IsCancellationRequested && !pipeline.Done.IsCompleted)
        {
            if (!isReady && source.IsReady)
            {
                isReady = _wasReady = true;
                _instanceInUseSince = null;
                life.Enter(LifeState.Deciding);
                await Console.Out.WriteLineAsync(
                    $"ready: region {topology.Region}, owns {string.Join(", ", source.Owned.Select(owned => owned.ToString()))}; model {policies.Current.Champion.Name} {policies.Current.Champion.Version[..19]}; {url}/metrics");
            }

            if (!isReady || !pipeline.Progress.IsIdle || pipeline.Progress.Taken != taken)
            {
                (idleSince, taken) = (TimeProvider.System.GetTimestamp(), pipeline.Progress.Taken);
            }
            else if (untilIdle is { } idleMax && TimeProvider.System.GetElapsedTime(idleSince) >= idleMax)
            {
                var unread = Unread(source.Health);
                standStill.AddRange(unread.Where(standing => standing.Failure != LogFailure.None));
                if (unread.Count == 0 || standStill.Count > 0)
                {
                    break;
                }
            }

            if (TimeProvider.System.GetElapsedTime(healthSaidAt) >= HealthInterval)
            {
                healthSaidAt = TimeProvider.System.GetTimestamp();
                source.Health.Say();
            }

            if (growth.IsCompleted && TimeProvider.System.GetElapsedTime(lookedAt) >= GrowthInterval)
            {
                if (await growth is { } grown)
                {
                    logger.PartitionsAdded(string.Join(", ", grown.Regions.Select(region => $"region {region.Name} has {region.Partitions} of payments, {region.LabelPartitions} of labels")));
                    break;
                }

                lookedAt = TimeProvider.System.GetTimestamp();
                growth = Task.Run(LookAtTopicsAsync, CancellationToken.None);
            }

            if (TimeProvider.System.GetElapsedTime(fileLookedAt) >= FileInterval)
            {
                fileLookedAt = TimeProvider.System.GetTimestamp();
                if (live.Look(_topology, pipeline) is { } changed)
                {
                    _topology = changed;
                    pipeline.Take(_topology);
                }
            }

            await Task.WhenAny(pipeline.Done, timer.WaitForNextTickAsync(CancellationToken.None).AsTask());
        }

        if (pipeline.Done.Exception is { } failed)
        {
            // Said at once: taking the graph down, with brokers away, may take a while.
            logger.GraphFailed(failed.InnerException?.Message);
        }

        life.Enter(LifeState.Draining, pipeline.Done.IsFaulted ? "the graph failed" : cancel.IsCancellationRequested ? "told to end" : "");
        pipeline.Stop();
        try
        {
            await pipeline.Done;
        }
        finally
        {
            // It ends within its patience, and must not find its client gone.
            await growth;
        }

        return cancel.IsCancellationRequested ? null : await growth;

        async Task<Topology?> LookAtTopicsAsync()
        {
            await topics.CheckAsync();
            return partitions.LookForGrowth();
        }
    }

    /// <summary>
    /// The logs that are not read to their ends, as far as these are known; the pipeline has
    /// nothing to do. A region that is followed and cannot be reached stops nobody, so here
    /// neither; one of which records are known that do not come does.
    /// </summary>
    private static List<LogStanding> Unread(LogHealth health) =>
        [.. health.Look().Where(standing => !standing.IsReadThrough && !(standing.LagCount is null && standing.IsDegradation))];

    private static void PrintTotals(PipelineProgress progress) => Console.Error.WriteLine(JsonSerializer.Serialize(new
    {
        records = progress.Taken,
        decisions = progress.Decided,
        dead_letters = progress.DeadLettered,
        folded = progress.Folded,
    }));
}
