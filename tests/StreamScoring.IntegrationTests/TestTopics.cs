using System.Globalization;
using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamScoring.Client;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// The topics of one test on a real broker, of one partition each, and what an operator may do to
/// them.
/// </summary>
/// <param name="timeFrom">Event time of the first payment, ms; each that follows is one
/// later.</param>
internal sealed class TestTopics(KafkaCluster cluster, string name, int timeFrom = 0) : IDisposable
{
    public const string Topology = "topology/handbook/topology.yaml";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly IAdminClient _admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = cluster.Brokers }).SetLogHandler((_, _) => { }).Build();

    private int _published;

    public string Payments => $"{name}-payments";

    public string Labels => $"{name}-labels";

    public string Decisions => $"{name}-decisions";

    public string[] Set { get; } =
    [
        "--set", $"group={name}", "--set", $"regions.eu.topics.payments={name}-payments", "--set", $"regions.eu.topics.labels={name}-labels",
        "--set", $"regions.eu.topics.decisions={name}-decisions", "--set", $"regions.eu.topics.deadLetters={name}-dead-letters", "--set", "regions.eu.partitions=1",
        "--set", "membership.session=6s", "--set", $"data={Directory.CreateTempSubdirectory(name).FullName}",
    ];

    public ScoringRegion Region => new() { Name = "eu", Kafka = new KafkaSettings(cluster.Brokers), Payments = Payments, Decisions = Decisions };

    /// <summary>Makes those that are missing.</summary>
    public Task CreateAsync() => ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. Set]);

    /// <summary>
    /// Publishes payments of one customer with ids <c>prefix-0</c>, <c>prefix-1</c>, …, each later
    /// than those before it.
    /// </summary>
    public Task PublishAsync(string prefix, int count)
    {
        var from = timeFrom + _published;
        _published += count;
        return cluster.ProduceByKcatAsync(Payments, Enumerable.Range(0, count).Select(i => PaymentOf($"{prefix}-{i}", from + i)));
    }

    public static string PaymentOf(string id, int i) =>
        $"{{\"payment_id\":\"{id}\",\"event_time\":{1_700_000_000_000 + i},\"amount_minor\":100,\"currency\":\"EUR\",\"customer_id\":\"c-1\",\"terminal_id\":\"t-1\"}}";

    /// <summary>What retention does: the records before this offset are gone.</summary>
    public Task TrimAsync(string topic, long begin) => _admin.DeleteRecordsAsync([new TopicPartitionOffset(topic, 0, begin)]);

    /// <summary>Deletes a topic and makes it again.</summary>
    public async Task MakeAnewAsync(string topic)
    {
        await _admin.DeleteTopicsAsync([topic]);
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                await _admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = 1, ReplicationFactor = 1 }]);
                return;
            }
            catch (CreateTopicsException e) when (e.Results[0].Error.Code == ErrorCode.TopicAlreadyExists)
            {
                // It is still being deleted.
                patience.Token.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>
    /// Commits an offset of the payments for the group, as a client that is not ours does.
    /// </summary>
    public void Commit(long offset)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = cluster.Brokers, GroupId = name }).Build();
        consumer.Commit([new TopicPartitionOffset(Payments, 0, offset)]);
    }

    /// <summary>Asks until the group has committed this offset of the payments.</summary>
    public async Task CommittedAsync(long offset)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var found = await _admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(name, [new TopicPartition(Payments, 0)])]);
            if (found[0].Partitions[0].Offset.Value >= offset)
            {
                return;
            }

            patience.Token.ThrowIfCancellationRequested();
        }
    }

    public Task<ScoringProcess.Outcome> RunUntilIdleAsync(params string[] set) =>
        ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", Topology, .. Set, .. set, "--until-idle", "2s"]);

    public RunningProcess Start(params string[] set) => new(cluster.Environment, ["run", "--topology", Topology, .. Set, .. set]);

    /// <summary>
    /// The decisions on payments whose ids begin so, as a reader without a group sees them, by
    /// payment id.
    /// </summary>
    public async Task<Dictionary<string, JsonElement>> DecisionsAsync(string prefix)
    {
        var decisions = await ScoringProcess.SucceedAsync(cluster.Environment, ["decisions", "--topology", Topology, .. Set, "--json"]);
        return decisions.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(decision => decision.GetProperty("payment_id").GetString()!.StartsWith(prefix + "-", StringComparison.Ordinal))
            .ToDictionary(decision => decision.GetProperty("payment_id").GetString()!);
    }

    /// <summary>Asks until as many payments are decided.</summary>
    /// <param name="last">The id of one that must be among them; null for any.</param>
    public async Task<Dictionary<string, JsonElement>> DecidedAsync(string prefix, int count, string? last = null)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var decisions = await DecisionsAsync(prefix);
            if (decisions.Count >= count && (last is null || decisions.ContainsKey(last)))
            {
                return decisions;
            }

            Assert.False(patience.IsCancellationRequested, string.Create(CultureInfo.InvariantCulture, $"{decisions.Count} of {count} payments {prefix}-… are decided"));
        }
    }

    public static double CountOf(JsonElement decision) => decision.GetProperty("features").GetProperty("customer_nb_tx_1d").GetDouble();

    public void Dispose() => _admin.Dispose();
}
