using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using StreamScoring.Client;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

public sealed class RealKafkaTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/handbook/topology.yaml";

    [SharedFact]
    public async Task Features_on_the_decisions_equal_the_golden_values_and_every_payment_is_decided_once()
    {
        var set = Topics("golden");
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        var published = await ScoringProcess.SucceedAsync(cluster.Environment, [
            "publish", "--topology", Topology, .. set, "--columns", "topology/handbook/columns.yaml", "--json", "--payments",
            .. new[] { "06", "07", "08" }.Select(month => SharedFolder.PathOf("data", "handbook", $"transactions-2018-{month}.csv.gz"))]);
        var payments = JsonDocument.Parse(published.Output).RootElement.GetProperty("payments").GetInt64();
        await ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", Topology, .. set, "--until-idle", "3s"]);
        var golden = ReadGolden(out var names);
        var seen = new HashSet<string>();
        var compared = 0;
        var region = new ScoringRegion { Name = "eu", Kafka = new KafkaSettings(cluster.Brokers), Decisions = "golden-decisions" };
        await using var reader = await DecisionReader.OpenAsync(region, new DecisionReaderOptions { Follow = false });
        await foreach (var read in reader.ReadAsync())
        {
            var decision = read.Record;
            Assert.True(seen.Add(decision.PaymentId), $"payment {decision.PaymentId} is decided twice");
            if (!golden.TryGetValue(decision.PaymentId, out var expected))
            {
                continue;
            }

            compared++;
            Assert.Equal(names, decision.Features.Select(feature => feature.Key));
            for (var i = 0; i < names.Length; i++)
            {
                var actual = (double)decision.Features[i].Value!;
                Assert.True(Math.Abs(actual - expected[i]) <= 1e-9 * Math.Max(1, Math.Abs(expected[i])), $"payment {decision.PaymentId}: {names[i]} is {actual}, expected {expected[i]}");
            }
        }

        Assert.Equal(payments, seen.Count);
        Assert.Equal(golden.Count, compared);
    }

    [SharedFact]
    public async Task Hostile_messages_of_a_foreign_client_become_dead_letters_and_no_good_payment_is_lost()
    {
        const int goodCount = 10_000, badCount = 500;
        var set = Topics("hostile");
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        var lines = new List<string>();
        for (var i = 0; i < goodCount; i++)
        {
            lines.Add($"{{\"payment_id\":\"p-{i}\",\"event_time\":{1_700_000_000_000 + i},\"amount_minor\":{i},\"currency\":\"EUR\",\"customer_id\":\"c-{i % 100}\",\"terminal_id\":\"t-1\"}}");
            if (i % (goodCount / badCount) == 0)
            {
                lines.Add(Hostile(i / (goodCount / badCount)));
            }
        }

        await cluster.ProduceByKcatAsync("hostile-payments", lines);
        var run = await ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", Topology, .. set, "--until-idle", "3s"]);
        Assert.Contains($"\"decisions\":{goodCount},\"dead_letters\":{badCount}", run.Errors, StringComparison.Ordinal);

        var decisions = await ScoringProcess.SucceedAsync(cluster.Environment, ["decisions", "--topology", Topology, .. set, "--json"]);
        Assert.Equal(goodCount, decisions.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        var deadLetters = await ConsumeByKcatAsync("hostile-dead-letters");
        Assert.Equal(badCount, deadLetters.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.All(deadLetters.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Contains("\"reason\":", line, StringComparison.Ordinal));
        foreach (var written in new[] { decisions.Output, deadLetters, run.Output, run.Errors })
        {
            Assert.DoesNotContain("4111111111111111", written, StringComparison.Ordinal);
            Assert.DoesNotContain("4111 1111", written, StringComparison.Ordinal);
        }
    }

    [SharedTheory]
    [InlineData("5m", 0)]
    [InlineData("0s", 100)]
    public async Task A_second_run_decides_only_what_came_since_and_from_the_same_state(string snapshotInterval, int foldedAgain)
    {
        string[] set = [.. Topics($"again{snapshotInterval}"), "--set", $"snapshots.interval={snapshotInterval}"];
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        await cluster.ProduceByKcatAsync($"again{snapshotInterval}-payments", Enumerable.Range(0, 100).Select(Payment));
        await ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", Topology, .. set, "--until-idle", "2s"]);
        await cluster.ProduceByKcatAsync($"again{snapshotInterval}-payments", Enumerable.Range(100, 1).Select(Payment));
        var run = await ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", Topology, .. set, "--until-idle", "2s"]);
        Assert.Contains($"\"decisions\":1,\"dead_letters\":0,\"folded\":{foldedAgain}", run.Errors, StringComparison.Ordinal);
        var decisions = await ScoringProcess.SucceedAsync(cluster.Environment, ["decisions", "--topology", Topology, .. set, "--json"]);
        var last = decisions.Output.Split('\n').Single(line => line.Contains("\"p-100\"", StringComparison.Ordinal));
        Assert.Equal(101, JsonDocument.Parse(last).RootElement.GetProperty("features").GetProperty("customer_nb_tx_1d").GetDouble());

        static string Payment(int i) =>
            $"{{\"payment_id\":\"p-{i}\",\"event_time\":{1_700_000_000_000 + i},\"amount_minor\":100,\"currency\":\"EUR\",\"customer_id\":\"c-1\",\"terminal_id\":\"t-1\"}}";
    }

    [SharedFact]
    public async Task A_missing_topic_is_an_error_that_says_what_to_do()
    {
        var run = await ScoringProcess.RunAsync(cluster.Environment, ["run", "--topology", Topology, .. Topics("nowhere")]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("region eu: topic nowhere-payments is missing", run.Errors, StringComparison.Ordinal);
        Assert.Contains("scoring topics create", run.Errors, StringComparison.Ordinal);
    }

    private static string[] Topics(string name) =>
    [
        "--set", $"group={name}", "--set", $"regions.eu.topics.payments={name}-payments", "--set", $"regions.eu.topics.labels={name}-labels",
        "--set", $"regions.eu.topics.decisions={name}-decisions", "--set", $"regions.eu.topics.deadLetters={name}-dead-letters",
    ];

    private static string Hostile(int i) => (i % 12) switch
    {
        0 => "{\"payment_id\":\"x\",\"event_time\":",
        1 => "{\"payment_id\":\"x\",\"event_time\":1700000000000,\"amount_minor\":\"ten\",\"currency\":\"EUR\",\"card_id\":\"c\"}",
        2 => $"{{\"payment_id\":\"{new string('x', 200_000)}\"}}",
        3 => "{\"payment_id\":\"x\",\"event_time\":1700000000000,\"amount_minor\":-5,\"currency\":\"EUR\",\"card_id\":\"c\"}",
        4 => "{\"payment_id\":\"x\",\"event_time\":1700000000000,\"amount_minor\":5,\"currency\":\"ZZZ\",\"card_id\":\"c\"}",
        5 => "{\"payment_id\":\"x\",\"event_time\":1700000000000,\"amount_minor\":NaN,\"currency\":\"EUR\",\"card_id\":\"c\"}",
        6 => "{\"payment_id\":\"x\",\"event_time\":1700000000000,\"amount_minor\":5,\"currency\":\"EUR\",\"card_id\":\"4111111111111111\"}",
        7 => "{\"payment_id\":\"x\",\"event_time\":1700000000000,\"amount_minor\":5,\"currency\":\"EUR\",\"card_id\":\"c\",\"attributes\":{\"note\":\"4111 1111 1111 1111\"}}",
        8 => "{\"payment_id\":\"x\",\"event_time\":1700000000000,\"amount_minor\":5,\"currency\":\"EUR\",\"card_id\":\"c\",\"anything\":4111111111111111}",
        9 => "{}",
        10 => string.Concat(Enumerable.Repeat("{\"a\":", 500)),
        _ => "4111111111111111 is no payment",
    };

    private async Task<string> ConsumeByKcatAsync(string topic)
    {
        using var kcat = Process.Start(new ProcessStartInfo("kcat", ["-C", "-b", cluster.Brokers, "-t", topic, "-e", "-q"]) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 })!;
        var text = await kcat.StandardOutput.ReadToEndAsync();
        await kcat.WaitForExitAsync();
        return text;
    }

    private static Dictionary<string, double[]> ReadGolden(out string[] names)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(SharedFolder.PathOf("data", "handbook", "golden-features.csv.gz")), CompressionMode.Decompress));
        names = reader.ReadLine()!.Split(',')[1..];
        var golden = new Dictionary<string, double[]>();
        while (reader.ReadLine() is { } line)
        {
            var cells = line.Split(',');
            golden[cells[0]] = [.. cells[1..].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
        }

        return golden;
    }
}
