using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace StreamScoring.Chaos.World;

/// <summary>Makes the topics: three copies each, of which two must be there for a write.</summary>
public static class TopicMaker
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static async Task MakeAsync(string brokers)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = brokers }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        await admin.CreateTopicsAsync(new[] { Topics.Payments, Topics.Labels, Topics.Decisions, Topics.DeadLetters, Topics.WitnessDeadLetters }.Select(topic => new TopicSpecification
        {
            Name = topic,
            NumPartitions = Topics.Partitions,
            ReplicationFactor = Cluster.BrokerCount,
            Configs = new Dictionary<string, string> { ["min.insync.replicas"] = "2" },
        }), new CreateTopicsOptions { RequestTimeout = Patience, OperationTimeout = Patience });
    }
}
