using StreamScoring.Kafka;
using StreamScoring.Regions;

namespace StreamScoring.Host.Serving;

/// <summary>The Kafka ports of a topology's home region.</summary>
internal static class KafkaPorts
{
    public static KafkaConnection ConnectionOf(RegionTopology region) => new(region.Name, region.Brokers, region.Security);

    /// <summary>The logs that a process of this topology reads.</summary>
    public static LogTable Logs(RegionTopology region) => new(
        Enumerable.Range(0, region.Partitions).Select(partition => (new LogId(region.Name, region.Payments, partition), LogKind.Payments))
            .Concat(Enumerable.Range(0, region.LabelPartitions).Select(partition => (new LogId(region.Name, region.Labels, partition), LogKind.Labels))));

    /// <param name="group">Null: this process owns all partitions.</param>
    public static KafkaLogSource Source(Topology topology, KafkaConnection connection, LogTable logs, string? group, Action<string> log) => new(
        connection,
        new KafkaLogSourceOptions
        {
            Payments = topology.Home.Payments,
            Labels = topology.Home.Labels,
            Decisions = topology.Home.Decisions,
            DeadLetters = topology.Home.DeadLetters,
            Group = group,
            FollowsRegion = topology.FollowsRegion,
            QueueKilobytesMax = topology.Ingest.QueueKilobytesMax,
            FetchWaitMax = topology.Ingest.FetchWaitMax,
            RecordBytesMax = topology.Limits.RecordBytesMax,
        },
        logs, log);

    public static KafkaDecisionSink Sink(Topology topology, KafkaConnection connection, LogTable logs, Action<string> log) => new(
        connection,
        new KafkaDecisionSinkOptions(
            topology.Home.Decisions, topology.Home.DeadLetters, topology.Emit.Linger, topology.Emit.Compression,
            // A batch may owe a record per row; and half as many again, so that this bound never comes first.
            Math.Max(1000, Pipeline.BatchesMax(topology) * topology.Ingest.BatchRowsMax * 3 / 2)),
        logs, log);
}
