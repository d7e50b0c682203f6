using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace StreamScoring.Benchmarks;

/// <summary>
/// Makes topics whose records the broker stamps when it appends them: so a run's times come from a
/// clock that neither contestant holds.
/// </summary>
internal static class OutputTopics
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = options.Required("brokers") }).Build();
        await admin.CreateTopicsAsync(options.Texts("names").Select(name => new TopicSpecification
        {
            Name = name,
            NumPartitions = options.Integer("partitions", 4),
            ReplicationFactor = 1,
            Configs = new Dictionary<string, string> { ["message.timestamp.type"] = "LogAppendTime" },
        }));
        return 0;
    }
}
