using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

using StreamScoring.TestSupport;
namespace StreamScoring.IntegrationTests;

/// <summary>Publishers whose clocks are wrong, on real brokers.</summary>
public sealed class WrongClockTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/handbook/topology.yaml";
    private const int Payments = 20;

    private static readonly TimeSpan TenYears = TimeSpan.FromDays(3650);

    [SharedFact]
    public async Task Records_stamped_years_ahead_change_nothing_for_the_others_and_are_named()
    {
        var set = SetOf("clocks");
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        await RefusesAheadAsync("clocks-payments");
        await AllowAnyTimeAsync("clocks-payments");

        var now = DateTimeOffset.UtcNow;
        await ProduceAsync("clocks-payments", Enumerable.Range(0, Payments).Select(i => (Payment($"p-{i}", now), now)));
        // One alone, and a run of a batch's size, dated and stamped ten years ahead.
        await ProduceAsync("clocks-payments", Enumerable.Range(0, 101).Select(i => (Payment($"ahead-{i}", now + TenYears), now + TenYears)));
        var run = await RunAsync(set);
        Assert.Contains("topic clocks-payments takes records stamped any time ahead", run, StringComparison.Ordinal);
        Assert.Contains($"eu/clocks-payments/0 offset {Payments} is stamped {(now + TenYears).Year}-", run, StringComparison.Ordinal);

        await ProduceAsync("clocks-payments", Enumerable.Range(0, Payments).Select(i => (Payment($"p-{i}", now), DateTimeOffset.UtcNow)));
        await ProduceAsync("clocks-payments", [(Payment("next", now.AddSeconds(1)), DateTimeOffset.UtcNow)]);
        await RunAsync(set);
        var decisions = (await ScoringProcess.SucceedAsync(cluster.Environment, ["decisions", "--topology", Topology, .. set, "--json"])).Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(Payments, decisions.Count(decision => FlagsOf(decision).Contains("duplicate")));
        Assert.DoesNotContain(decisions, decision => FlagsOf(decision).Contains("approximate"));
        // The customer's windows hold the twenty payments once, and the newest itself.
        var next = decisions.Single(decision => decision.GetProperty("payment_id").GetString() == "next");
        Assert.Equal(Payments + 1, next.GetProperty("features").GetProperty("customer_nb_tx_1d").GetDouble());
    }

    [SharedFact]
    public async Task Times_in_seconds_and_microseconds_are_dead_letters_that_say_so()
    {
        var set = SetOf("units");
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        var nowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        foreach (var time in new[] { nowMs / 1000, nowMs * 1000 })
        {
            await cluster.ProduceByKcatAsync("units-payments", [$$"""{"payment_id":"p","event_time":{{time}},"amount_minor":1,"currency":"EUR","customer_id":"c"}"""]);
            await cluster.ProduceByKcatAsync("units-labels", [$$"""{"payment_id":"p","event_time":{{nowMs}},"known_at":{{time}},"fraud":true,"customer_id":"c"}"""]);
        }

        await RunAsync(set);
        var letters = (await ScoringProcess.SucceedAsync(cluster.Environment, ["deadletters", "--topology", Topology, .. set, "--json"])).Output;
        Assert.Equal(4, letters.Split("\"out_of_range\"").Length - 1);
        Assert.Equal(2, letters.Split("it looks like epoch seconds").Length - 1);
        Assert.Equal(2, letters.Split("it looks like epoch microseconds").Length - 1);
    }

    private static string[] SetOf(string name) =>
    [
        "--set", $"group={name}", "--set", $"regions.eu.topics.payments={name}-payments", "--set", $"regions.eu.topics.labels={name}-labels",
        "--set", $"regions.eu.topics.decisions={name}-decisions", "--set", $"regions.eu.topics.deadLetters={name}-dead-letters",
        "--set", "regions.eu.partitions=1",
        // As for any publisher of tests that date payments ahead.
        "--set", "ingest.eventTimeAheadMax=36500d",
    ];

    private static string Payment(string id, DateTimeOffset time) =>
        $$"""{"payment_id":"{{id}}","event_time":{{time.ToUnixTimeMilliseconds()}},"amount_minor":1000,"currency":"EUR","customer_id":"c","terminal_id":"t"}""";

    private static IReadOnlyList<string> FlagsOf(JsonElement decision) => decision.TryGetProperty("flags", out var flags) ? [.. flags.EnumerateArray().Select(flag => flag.GetString()!)] : [];

    private async Task<string> RunAsync(string[] set) =>
        (await ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", Topology, .. set, "--until-idle", "2s"])).Errors;

    private async Task RefusesAheadAsync(string topic)
    {
        var error = await Assert.ThrowsAsync<ProduceException<string, string>>(
            () => ProduceAsync(topic, [(Payment("refused", DateTimeOffset.UtcNow), DateTimeOffset.UtcNow.AddMinutes(2))]));
        Assert.Equal(32, (int)error.Error.Code);
    }

    private async Task AllowAnyTimeAsync(string topic)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = cluster.Brokers }).Build();
        await admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [new ConfigResource { Type = ResourceType.Topic, Name = topic }] =
                [new ConfigEntry { Name = "message.timestamp.after.max.ms", Value = $"{long.MaxValue}", IncrementalOperation = AlterConfigOpType.Set }],
        });
    }

    private async Task ProduceAsync(string topic, IEnumerable<(string Value, DateTimeOffset Time)> records)
    {
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = cluster.Brokers }).Build();
        foreach (var (value, time) in records)
        {
            await producer.ProduceAsync(topic, new Message<string, string> { Key = "c", Value = value, Timestamp = new Timestamp(time) });
        }
    }
}
