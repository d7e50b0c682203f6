using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamScoring.Client;
using StreamScoring.Contracts;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// Topics that take no large batches, on a real broker: batches become smaller, nothing is lost,
/// and what can never be written is named.
/// </summary>
public sealed class BatchSizeTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/handbook/topology.yaml";
    private const int Payments = 5000;

    [SharedTheory]
    [InlineData("idempotent")]
    [InlineData("transactional")]
    public async Task A_small_decisions_topic_gets_smaller_batches(string delivery)
    {
        var set = await TopicsAsync($"small-{delivery}", delivery);
        await LimitAsync($"small-{delivery}-decisions", 16_384);
        await PublishAsync($"small-{delivery}");
        var run = await ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", Topology, .. set, "--until-idle", "2s"]);
        Assert.Contains($"batches have at most 16384 bytes, as small-{delivery}-decisions takes no larger ones (max.message.bytes)", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("starting over", run.Errors, StringComparison.Ordinal);
        await AssertAllDecidedAsync($"small-{delivery}");
    }

    [SharedTheory]
    [InlineData("idempotent")]
    [InlineData("transactional")]
    public async Task A_limit_that_is_lowered_while_a_process_runs_costs_no_decision(string delivery)
    {
        var name = $"lowered-{delivery}";
        var set = await TopicsAsync(name, delivery);
        using var run = new RunningProcess(cluster.Environment, ["run", "--topology", Topology, .. set]);
        await run.SaysAsync("ready:");
        await LimitAsync($"{name}-decisions", 8192);
        await PublishAsync(name);
        await AssertAllDecidedAsync(name, follow: true);
        await AssertAllDecidedAsync(name);
    }

    [SharedTheory]
    [InlineData("idempotent")]
    [InlineData("transactional")]
    public async Task A_decision_that_no_batch_is_small_enough_for_ends_the_process_with_topic_setting_and_position(string delivery)
    {
        var name = $"never-{delivery}";
        var set = await TopicsAsync(name, delivery);
        await PublishAsync(name, count: 10);
        await LimitAsync($"{name}-decisions", 300);
        var run = await ScoringProcess.RunAsync(cluster.Environment, ["run", "--topology", Topology, .. set, "--until-idle", "2s"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Matches($"scoring: .*the record for eu/{name}-payments/[0-3]/[0-9]+, with [0-9]+ bytes, is larger than topic {name}-decisions takes; its max.message.bytes is 300", run.Errors);

        // As the message says: raised, it goes on where it was.
        await LimitAsync($"{name}-decisions", 100_000);
        await ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", Topology, .. set, "--until-idle", "2s"]);
        await AssertAllDecidedAsync(name, count: 10);
    }

    [SharedFact]
    public async Task A_dead_letter_that_its_topic_would_not_take_is_written_without_its_copy_and_stops_nobody()
    {
        var set = await TopicsAsync("letters", "idempotent");
        await LimitAsync("letters-dead-letters", 4096);
        await cluster.ProduceByKcatAsync("letters-payments", [new string('x', 12_000), "short"]);
        await PublishAsync("letters", count: 10);
        await ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", Topology, .. set, "--until-idle", "2s"]);
        await AssertAllDecidedAsync("letters", count: 10);
        var letters = await ScoringProcess.SucceedAsync(cluster.Environment, ["deadletters", "--topology", Topology, .. set, "--json"]);
        Assert.Equal(2, letters.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("\"value_bytes\":12000", letters.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("xxxx", letters.Output, StringComparison.Ordinal);
    }

    [SharedFact]
    public async Task A_publisher_sends_no_larger_batches_than_the_payments_topic_takes()
    {
        await TopicsAsync("published", "idempotent");
        await LimitAsync("published-payments", 2048);
        await PublishAsync("published");
        using var admin = Admin();
        var ends = await admin.ListOffsetsAsync(Enumerable.Range(0, 4).Select(partition => new TopicPartitionOffsetSpec
        {
            TopicPartition = new TopicPartition("published-payments", partition),
            OffsetSpec = OffsetSpec.Latest(),
        }));
        Assert.Equal(Payments, ends.ResultInfos.Sum(end => end.TopicPartitionOffsetError.Offset.Value));
    }

    private async Task<string[]> TopicsAsync(string name, string delivery)
    {
        string[] set =
        [
            "--set", $"group={name}", "--set", $"delivery={delivery}", "--set", "emit.compression=none", "--set", "snapshots.interval=0s",
            "--set", $"regions.eu.topics.payments={name}-payments", "--set", $"regions.eu.topics.labels={name}-labels",
            "--set", $"regions.eu.topics.decisions={name}-decisions", "--set", $"regions.eu.topics.deadLetters={name}-dead-letters",
        ];
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        return set;
    }

    private async Task LimitAsync(string topic, int bytes)
    {
        using var admin = Admin();
        await admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [new ConfigResource { Type = ResourceType.Topic, Name = topic }] =
                [new ConfigEntry { Name = "max.message.bytes", Value = $"{bytes}", IncrementalOperation = AlterConfigOpType.Set }],
        });
    }

    /// <summary>
    /// As fast as they go: the ids do not compress, so batches are as large as they may be.
    /// </summary>
    private async Task PublishAsync(string name, int count = Payments)
    {
        var random = new Random(1);
        await using var publisher = new PaymentPublisher(new ScoringRegion { Name = "eu", Kafka = new KafkaSettings(cluster.Brokers), Payments = $"{name}-payments", PartitionBy = TextField.CustomerId });
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        for (var i = 0; i < count; i++)
        {
            var id = new byte[16];
            random.NextBytes(id);
            await publisher.EnqueueAsync(new Payment { PaymentId = Convert.ToHexString(id), EventTimeMs = now, AmountMinor = i, Currency = "EUR", CustomerId = $"c-{i % 50}", TerminalId = "t-1" });
        }

        await publisher.FlushAsync();
    }

    private async Task AssertAllDecidedAsync(string name, int count = Payments, bool follow = false)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var seen = new HashSet<string>();
        var region = new ScoringRegion { Name = "eu", Kafka = new KafkaSettings(cluster.Brokers), Decisions = $"{name}-decisions" };
        await using var reader = await DecisionReader.OpenAsync(region, new DecisionReaderOptions { Follow = follow });
        await foreach (var decision in reader.ReadAsync(patience.Token))
        {
            Assert.True(seen.Add(decision.Record.PaymentId), $"payment {decision.Record.PaymentId} is decided twice");
            if (follow && seen.Count == count)
            {
                break;
            }
        }

        Assert.Equal(count, seen.Count);
    }

    private IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = cluster.Brokers }).Build();
}
