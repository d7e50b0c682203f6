using Confluent.Kafka;
using StreamScoring.Client;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// A region whose policy another region is home of: read from a mirror, and behind TLS; decisions
/// are written in transactions.
/// </summary>
public sealed class PolicyFromOtherRegionTests(TwoRegions regions) : IClassFixture<TwoRegions>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [SharedFact]
    public async Task A_mirror_brings_the_policy_with_its_timestamps()
    {
        var set = await TopicsAsync();
        using var mirror = regions.Mirror("us", "eu", $"{Topic(set, "control")}|{Topic(set, "lists")}");
        // The mirror makes a topic once it holds something.
        await PublishAsync(set, "review first when amount >= 0\n");
        await VerbAsync(set, "lists", "add", "blocked", "c-1", "--why", "a test");
        await MirrorMaker.MakesAsync(regions.BrokersOf("eu"), $"us.{Topic(set, "control")}");
        await MirrorMaker.MakesAsync(regions.BrokersOf("eu"), $"us.{Topic(set, "lists")}");
        using var process = new RunningProcess(regions.EnvironmentOf("eu"), ["run", "--topology", TwoRegions.Topology, .. set, "--set", "control.follow=mirror"]);
        await process.SaysAsync("ready: ");

        await DecidesAsync(set, process);
        Assert.Equal(TimestampsOf("us", Topic(set, "control")), TimestampsOf("eu", $"us.{Topic(set, "control")}"));
    }

    [SharedFact]
    public async Task A_region_behind_TLS_and_SASL_gives_the_policy()
    {
        var set = await TopicsAsync();
        await PublishAsync(set, "review first when amount >= 0\n");
        await VerbAsync(set, "lists", "add", "blocked", "c-1", "--why", "a test");
        using var process = new RunningProcess(regions.SecureEnvironment("scoring-secret"), ["run", "--topology", regions.SecureTopology("ca.pem", false), .. set]);
        await process.SaysAsync("ready: ");

        await DecidesAsync(set, process);
    }

    /// <summary>By the rules of before, and by those that are published while it runs.</summary>
    private async Task DecidesAsync(string[] set, RunningProcess process)
    {
        await process.SaysAsync("ann changed rules");
        await PayAsync(set, 0);
        Assert.Equal("rules/first", await DecidedByAsync(set, "p-0"));
        var before = process.LineCount;
        await PublishAsync(set, "block listed when customer_id in @blocked\nreview second when amount >= 0\n");
        await process.SaysAsync("ann changed rules", before);
        await PayAsync(set, 1);
        Assert.Equal("rules/listed", await DecidedByAsync(set, "p-1"));
        await process.SignalAsync("INT");
        Assert.Equal(130, await process.EndsAsync());
    }

    private Task<string[]> TopicsAsync() => regions.TopicsAsync(partitions: 2, "--set", "policy=log", "--set", "control.region=us", "--set", "delivery=transactional");

    private async Task PublishAsync(string[] set, string rules)
    {
        var file = Path.Combine(regions.Folder, "rules-from-us.txt");
        await File.WriteAllTextAsync(file, rules);
        await VerbAsync(set, "policy", "publish", "--rules", file, "--why", "a test", "--by", "ann");
    }

    private Task<ScoringProcess.Outcome> VerbAsync(string[] set, params string[] arguments) => ScoringProcess.SucceedAsync(regions.EnvironmentOf("us"), [.. arguments, "--topology", TwoRegions.Topology, .. set]);

    private async Task PayAsync(string[] set, int number)
    {
        var file = Path.Combine(regions.Folder, "payment.csv");
        await File.WriteAllLinesAsync(file, ["payment_id,event_time,amount_minor,currency,customer_id,terminal_id", $"p-{number},2026-01-01T00:00:0{number}Z,100,EUR,c-1,t-1"]);
        await ScoringProcess.SucceedAsync(regions.EnvironmentOf("eu"), ["publish", "--topology", TwoRegions.Topology, .. set, "--payments", file]);
    }

    private async Task<string?> DecidedByAsync(string[] set, string payment)
    {
        var region = new ScoringRegion { Name = "eu", Kafka = new KafkaSettings(regions.BrokersOf("eu")), Decisions = Topic(set, "decisions") };
        await using var reader = await DecisionReader.OpenAsync(region, new DecisionReaderOptions { Follow = true });
        using var patience = new CancellationTokenSource(Patience);
        await foreach (var decision in reader.ReadAsync(patience.Token))
        {
            if (decision.Record.PaymentId == payment)
            {
                return decision.Record.DecidedBy;
            }
        }

        return null;
    }

    private List<long> TimestampsOf(string region, string topic)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig { BootstrapServers = regions.BrokersOf(region), GroupId = "look", EnableAutoCommit = false, EnablePartitionEof = true }).Build();
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        var timestamps = new List<long>();
        while (consumer.Consume(Patience) is { IsPartitionEOF: false } record)
        {
            timestamps.Add(record.Message.Timestamp.UnixTimestampMs);
        }

        Assert.Equal(2, timestamps.Count);
        return timestamps;
    }

    private static string Topic(string[] set, string topic) => set.First(argument => argument.StartsWith($"regions.eu.topics.{topic}=", StringComparison.Ordinal)).Split('=')[1];
}
