using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Decisions;
using StreamScoring.Deployment;
using StreamScoring.Emit;
using StreamScoring.Kafka;
using StreamScoring.Logs;

namespace StreamScoring.Host.Serving;

/// <summary>The Kafka ports of a topology's home region.</summary>
internal static class KafkaPorts
{
    private static readonly TimeSpan FollowedPatience = TimeSpan.FromSeconds(5);

    /// <summary>Between two questions to brokers that do not say which topics they have.</summary>
    private static readonly TimeSpan TopicsPause = TimeSpan.FromSeconds(1);

    /// <summary>Names this process where the topology does not.</summary>
    private static readonly string ProcessId = RandomNumberGenerator.GetHexString(12, lowercase: true);

    public static KafkaConnection ConnectionOf(RegionTopology region) => new(region.Name, region.Brokers, region.Security);

    /// <summary>The logs that a process of this topology reads.</summary>
    /// <param name="topicIds">By <c>region/topic</c>, as far as they are known.</param>
    public static LogTable Logs(Topology topology, IReadOnlyDictionary<string, string>? topicIds = null)
    {
        var home = topology.Home;
        return new LogTable(
            LogsOf(home.Name, home.Payments, home.Partitions, LogKind.Payments).Concat(LogsOf(home.Name, home.Labels, home.LabelPartitions, LogKind.Labels))
                .Concat(IsHomeOfControl(topology) ? ControlLogs(topology) : []),
            topology.Follows.SelectMany(follow => FollowedLogs(topology, follow))
                .Concat(IsHomeOfControl(topology) ? [] : ControlLogs(topology).Select(log => (log.Id, log.Kind, topology.Control!.Region))), topicIds);
    }

    /// <summary>
    /// The logs that change the policy, as this process reads them; none where it is that of files.
    /// </summary>
    private static IEnumerable<(LogId Id, LogKind Kind)> ControlLogs(Topology topology)
    {
        if (topology.Control is not { } control)
        {
            return [];
        }

        var (at, prefix, region) = PolicyTopicsOf(topology, control);
        return LogsOf(at, prefix + region.Control, 1, LogKind.Control).Concat(LogsOf(at, prefix + region.Lists, 1, LogKind.Lists));
    }

    /// <summary>The topic of published models, as this process reads it; null where the policy is
    /// that of files.</summary>
    public static PolicyTopic? ModelsOf(Topology topology) => PolicyTopicOf(topology, region => region.Models);

    /// <summary>The control log, as this process reads it; null where the policy is that of
    /// files.</summary>
    public static PolicyTopic? ControlOf(Topology topology) => PolicyTopicOf(topology, region => region.Control);

    private static PolicyTopic? PolicyTopicOf(Topology topology, Func<RegionTopology, string> topicOf)
    {
        if (topology.Control is not { } control)
        {
            return null;
        }

        var (at, prefix, region) = PolicyTopicsOf(topology, control);
        return new PolicyTopic(ConnectionOf(topology.Regions.First(region => region.Name == at)), prefix + topicOf(region));
    }

    /// <returns>In which region the topics are read, by what their names begin there, and the
    /// region that has them under their own names.</returns>
    private static (string Region, string Prefix, RegionTopology Home) PolicyTopicsOf(Topology topology, ControlKnobs control)
    {
        var home = topology.Regions.First(region => region.Name == control.Region);
        return control.Follow == FollowMode.Mirror && !IsHomeOfControl(topology) ? (topology.Region, control.MirrorPrefix, home) : (control.Region, "", home);
    }

    private static bool IsHomeOfControl(Topology topology) => topology.Control?.Region == topology.Region;

    private static IEnumerable<(LogId Id, LogKind Kind, string Region)> FollowedLogs(Topology topology, FollowKnobs follow)
    {
        var region = topology.Regions.First(region => region.Name == follow.Region);
        return Of(follow.Payments, region.Payments, region.Partitions, LogKind.Payments).Concat(Of(follow.Labels, region.Labels, region.LabelPartitions, LogKind.Labels));

        IEnumerable<(LogId, LogKind, string)> Of(FollowMode mode, string topic, int partitions, LogKind kind) => mode switch
        {
            FollowMode.Direct => LogsOf(region.Name, topic, partitions, kind).Select(log => (log.Id, log.Kind, region.Name)),
            FollowMode.Mirror => LogsOf(topology.Region, follow.MirrorPrefix + topic, partitions, kind).Select(log => (log.Id, log.Kind, region.Name)),
            _ => [],
        };
    }

    private static IEnumerable<(LogId Id, LogKind Kind)> LogsOf(string region, string topic, int partitions, LogKind kind) =>
        Enumerable.Range(0, partitions).Select(partition => (new LogId(region, topic, partition), kind));

    /// <summary>
    /// Looks at all topics of a region: first those that must have as many partitions as payments
    /// before payments do.
    /// </summary>
    public static TopicAdmin AdminOf(Topology topology, RegionTopology region) => new(
        ConnectionOf(region), [(region.Schemas, 1), (region.Shadow, region.Partitions), .. topology.Control?.Region == region.Name ? [(region.Control, 1), (region.Lists, 1), (region.Models, 1)] : ((string, int)[])[], .. PartitionedOf(region)]);

    /// <summary>Looks at the topics that a process uses of its own region.</summary>
    public static TopicAdmin AdminOf(Topology topology) => new(ConnectionOf(topology.Home), [
        .. topology.Emit.UsesSchemas ? [(topology.Home.Schemas, 1)] : ((string, int)[])[],
        .. ControlLogs(topology).Where(log => log.Id.Region == topology.Region).Select(log => (log.Id.Topic, 1)),
        .. PartitionedOf(topology.Home)]);

    private static (string Name, int Partitions)[] PartitionedOf(RegionTopology region) =>
        [(region.Decisions, region.Partitions), (region.DeadLetters, region.Partitions), (region.Labels, region.LabelPartitions), (region.Payments, region.Partitions)];

    /// <summary>Looks at what is read of another region.</summary>
    public static IEnumerable<TopicAdmin> AdminsOf(Topology topology, FollowKnobs follow) =>
        FollowedLogs(topology, follow).GroupBy(log => log.Id.Region).Select(at => new TopicAdmin(
            ConnectionOf(topology.Regions.First(region => region.Name == at.Key)), [.. at.GroupBy(log => log.Id.Topic).Select(topic => (topic.Key, topic.Count()))]));

    /// <summary>
    /// Looks at the topics of the policy in another region; null where they are read in the own.
    /// </summary>
    public static TopicAdmin? AdminOfControl(Topology topology) =>
        ControlLogs(topology).Where(log => log.Id.Region != topology.Region).ToList() is { Count: > 0 } logs
            ? new TopicAdmin(ConnectionOf(topology.Regions.First(region => region.Name == logs[0].Id.Region)), [.. logs.Select(log => (log.Id.Topic, 1))])
            : null;

    /// <summary>
    /// All topics must be as the topology says, also those of other regions that can be reached;
    /// one that cannot be stops nobody.
    /// </summary>
    /// <exception cref="KafkaFailedException">No broker of the own region answers, one anywhere
    /// does not let this process in, or a topic is missing or has other partitions; the message
    /// says what to do.</exception>
    public static void RequireTopics(Topology topology, ILogger logger)
    {
        using var admin = AdminOf(topology);
        Require(admin.Differences(), topology);
        foreach (var follow in topology.Follows)
        {
            foreach (var followed in AdminsOf(topology, follow))
            {
                using (followed)
                {
                    RequireFollowed(followed, follow.Region, $"followRegions.{follow.Region}", topology, logger);
                }
            }
        }

        if (AdminOfControl(topology) is { } control)
        {
            using (control)
            {
                RequireFollowed(control, topology.Control!.Region, "control", topology, logger);
            }
        }
    }

    /// <summary>
    /// A client by itself would wait for a broker or a topic for a long time, so it is looked for
    /// before anything is read or written.
    /// </summary>
    /// <exception cref="KafkaFailedException">No broker answers, or a topic is missing; the message
    /// says what to do.</exception>
    public static void RequireTopics(Topology topology, params IEnumerable<string> names)
    {
        using var admin = AdminOf(topology);
        Require([.. admin.Missing(names).Select(name => $"region {topology.Region}: topic {name} is missing")], topology);
    }

    /// <summary>
    /// The logs that a process of this topology reads, with the ids that their topics have now. A
    /// region that does not answer is left without.
    /// </summary>
    /// <exception cref="KafkaFailedException">The own brokers do not answer.</exception>
    /// <exception cref="TopologyDiffersException">A topic of the own region is missing, or has too
    /// few partitions.</exception>
    public static async Task<LogTable> LogsNowAsync(Topology topology)
    {
        using var topics = new TopicWatch(topology, new Dictionary<string, string>());
        var look = await topics.LookAsync();
        Require([.. look.Missing.Select(topic => $"topic {topic} is missing"), .. look.Short], topology);
        return Logs(topology, look.Ids);
    }

    /// <summary>
    /// The same, asked until brokers answer that are away, have just started, or elect a
    /// controller. A topic that is missing is waited for too: it may have been deleted to be made
    /// again.
    /// </summary>
    /// <param name="lacks">What is wrong with an answer; null for nothing.</param>
    /// <param name="waits">Told why it waits, each reason once.</param>
    /// <exception cref="KafkaFailedException">They did not in this time, or do not let this process
    /// in.</exception>
    public static async Task<LogTable> LogsOnceThereAsync(Topology topology, TimeSpan patience, Func<LogTable, string?> lacks, Action<string> waits, CancellationToken cancel)
    {
        var said = "";
        for (var began = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                var logs = await LogsNowAsync(topology);
                return lacks(logs) is { } problem ? throw new KafkaFailedException(problem) : logs;
            }
            catch (KafkaFailedException e) when (e is not AccessRefusedException && TimeProvider.System.GetElapsedTime(began) < patience)
            {
                if (e.Message != said)
                {
                    said = e.Message;
                    waits(said);
                }

                await Task.Delay(TopicsPause, cancel);
            }
        }
    }

    /// <summary>What the own region's topics allow publishers to stamp, a sentence each.</summary>
    public static async Task<IReadOnlyList<string>> TimestampNoticesAsync(Topology topology)
    {
        using var admin = AdminOf(topology);
        return await admin.TimestampNoticesAsync(topology.Home.Payments, topology.Home.Labels);
    }

    /// <summary>Looks whether topics of the own region take records that carry their events' times.
    /// </summary>
    /// <returns>What else there is to know.</returns>
    /// <exception cref="InvalidInputFileException">Its brokers would refuse them.</exception>
    public static async Task<IReadOnlyList<string>> RequireEventTimesAsync(Topology topology, IEnumerable<string> topics, long firstMs, long lastMs)
    {
        using var admin = AdminOf(topology);
        var (refusals, notices) = await admin.EventTimesAsync(topics, firstMs, lastMs, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        return refusals.Count == 0 ? notices : throw new InvalidInputFileException([.. refusals, "nothing is published"]);
    }

    /// <summary>For whoever needs all of what is followed: it cannot go on without.</summary>
    /// <exception cref="KafkaFailedException">The region cannot be reached, or a topic is missing
    /// there.</exception>
    public static void RequireReached(Topology topology, FollowKnobs follow)
    {
        foreach (var followed in AdminsOf(topology, follow))
        {
            using (followed)
            {
                try
                {
                    if (followed.Differences(FollowedPatience) is { Count: > 0 } differences)
                    {
                        throw new TopologyDiffersException(string.Join("; ", differences));
                    }
                }
                catch (KafkaFailedException e)
                {
                    throw new KafkaFailedException($"{e.Message} Features need what region {follow.Region} published; to leave it out take {follow.Region} out of followRegions, and features know less", e);
                }
            }
        }
    }

    private static void RequireFollowed(TopicAdmin admin, string region, string key, Topology topology, ILogger logger)
    {
        try
        {
            var differences = admin.Differences(FollowedPatience);
            if (differences.Count > 0)
            {
                throw new TopologyDiffersException(
                    $"{string.Join("; ", differences)}. It is followed as {key} says; see regions.{region}.topics and .partitions in {topology.File}");
            }
        }
        catch (KafkaFailedException e) when (e is not AccessRefusedException and not TopologyDiffersException)
        {
            logger.RegionIsAway(region, e.Message);
        }
    }

    private static void Require(IReadOnlyList<string> problems, Topology topology)
    {
        if (problems.Count > 0)
        {
            throw new TopologyDiffersException($"{string.Join("; ", problems)}. Make them with: scoring topics create --topology {topology.File}");
        }
    }

    /// <param name="isMember">False: this process owns all partitions.</param>
    /// <param name="folded">By log index: where the state ends.</param>
    /// <param name="firsts">Told what was decided before.</param>
    /// <param name="positions">Counts positions that do not fit their logs.</param>
    /// <param name="coverage">Told how far other regions' logs are known.</param>
    /// <param name="range">What is read; null: all, for ever.</param>
    public static KafkaLogSource Source(
        Topology topology, KafkaConnection connection, LogTable logs, bool isMember, ReadOnlySpan<long> folded, FirstDecisions firsts, LogCoverage coverage,
        ILogger logger, PositionMeters? positions = null, LogRange? range = null) => new(
        connection,
        new KafkaLogSourceOptions
        {
            Payments = topology.Home.Payments,
            Labels = topology.Home.Labels,
            Decisions = topology.Home.Decisions,
            DeadLetters = topology.Home.DeadLetters,
            Group = isMember ? GroupOf(topology) : null,
            Folded = folded.ToArray(),
            Range = range,
            Firsts = firsts,
            Coverage = coverage,
            Health = new LogHealth(logs, TimeProvider.System, logger),
            Positions = positions,
            Followed = topology.Regions.ToDictionary(region => region.Name, ConnectionOf),
            FollowedStartWait = topology.Ingest.MergeWaitMax,
            FollowsRegion = topology.FollowsRegion,
            QueueKilobytesMax = topology.Ingest.QueueKilobytesMax,
            FetchWaitMax = topology.Ingest.FetchWaitMax,
            RecordBytesMax = topology.Limits.RecordBytesMax,
        },
        logs, logger);

    /// <summary>How large batches of decisions may be.</summary>
    public static BatchLimits LimitsOf(Topology topology, ILogger logger) =>
        new(ConnectionOf(topology.Home), topology.Home.Decisions, topology.Home.DeadLetters, topology.Emit.BatchBytesMax, logger);

    /// <summary>As the topology's delivery says.</summary>
    /// <param name="source">The process's, a member of the group.</param>
    public static IDecisionSink Sink(Topology topology, KafkaConnection connection, KafkaLogSource source, BatchLimits limits, ILogger logger) =>
        topology.Delivery == Delivery.Transactional
            ? WithSchemas(topology, connection, TransactionalDecisionSink.Open(connection, SinkOptions(topology, limits), TransactionsOf(topology), source, logger))
            : IdempotentSink(topology, connection, source.Logs, limits, logger);

    /// <summary>
    /// For a process that owns all partitions, whatever the topology's delivery is: without a group
    /// nothing fences a transaction.
    /// </summary>
    public static IDecisionSink IdempotentSink(Topology topology, KafkaConnection connection, LogTable logs, BatchLimits limits, ILogger logger) =>
        WithSchemas(topology, connection, new KafkaDecisionSink(connection, SinkOptions(topology, limits), logs, logger));

    private static IDecisionSink WithSchemas(Topology topology, KafkaConnection connection, IDecisionSink sink) =>
        topology.Emit.UsesSchemas ? new SchemasFirst(sink, new SchemaTopic(connection, topology.Home.Schemas)) : sink;

    private static GroupOptions GroupOf(Topology topology) => new(
        topology.Group, topology.Membership.UsesConsumerProtocol, topology.Membership.Session, topology.Membership.Instance,
        TransactionTimeout: topology.Delivery == Delivery.Transactional ? topology.Emit.TransactionTimeout : null);

    private static TransactionOptions TransactionsOf(Topology topology) => new(
        $"{topology.Group}-{(topology.Membership.Instance.Length > 0 ? topology.Membership.Instance : ProcessId)}", topology.Emit.TransactionTimeout);

    private static KafkaDecisionSinkOptions SinkOptions(Topology topology, BatchLimits limits) => new(
        topology.Home.Decisions, topology.Home.DeadLetters, topology.Emit.Linger, topology.Emit.Compression,
        // A batch may owe a record per row, and both numbers may be raised while the producer runs;
        // half as many again, so that this bound never comes first.
        Engine.BatchesCeiling * PaymentBatch.RowsCeiling * 3 / 2,
        limits)
    {
        NamesInline = topology.Emit.NamesInline,
    };
}
