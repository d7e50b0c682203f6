using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using StreamScoring.Client;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// A running process from outside: what it tells by HTTP, and what it does when the broker stands
/// still.
/// </summary>
public sealed partial class RunTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/generated/topology.yaml";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>How long the broker stands still; a longer soak sets the variable.</summary>
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("SCORING_TEST_STALL_SECONDS") ?? "20", CultureInfo.InvariantCulture));

    [SharedFact]
    public async Task Metrics_and_health_tell_what_a_process_does()
    {
        var folder = await GenerateAsync(2000);
        var set = await TopicsAsync("metrics");
        await ScoringProcess.SucceedAsync(cluster.Environment, ["publish", "--topology", Topology, .. set, "--payments", $"{folder}/payments.csv", "--labels", $"{folder}/labels.csv"]);
        await cluster.ProduceByKcatAsync("metrics-payments", ["no payment", "{\"payment_id\":\"x\",\"amount_minor\":-1}"]);
        using var run = ScoringProcess.Start(cluster.Environment, ["run", "--topology", Topology, .. set]);
        using var ending = ScoringProcess.EndingWithTheTest(run);
        var errors = run.StandardError.ReadToEndAsync();
        var ready = await run.StandardOutput.ReadLineAsync() ?? "";
        using var http = new HttpClient { BaseAddress = new Uri(Address().Match(ready).Value) };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready")).StatusCode);
        var metrics = await MetricsPage.OnceAsync(http, now => Sum(now, "scoring_decisions_total") == 2000 && Sum(now, "scoring_lag_records") == 0 && now["scoring_batches_rented"] == 0);
        Assert.Equal(4002, Sum(metrics, "scoring_records_total"));
        Assert.Equal(1, metrics["scoring_rejected_total{reason=\"unknown_format\"}"]);
        Assert.Equal(1, metrics["scoring_rejected_total{reason=\"missing_field\"}"]);
        Assert.Equal(8, metrics.Keys.Count(key => key.StartsWith("scoring_queue_records{region=\"eu\",topic=\"metrics-", StringComparison.Ordinal)));
        Assert.Equal(8, metrics.Keys.Count(key => key.StartsWith("scoring_lag_records{region=\"eu\",topic=\"metrics-", StringComparison.Ordinal)));
        Assert.Equal(0, Sum(metrics, "scoring_queue_records"));
        Assert.Equal(4002, metrics["scoring_batch_rows_sum"]);
        Assert.InRange(metrics["scoring_batch_rows_count"], 4002 / 256, 4002);
        foreach (var stage in new[] { "ingest", "enrich", "score", "decide", "emit" })
        {
            Assert.Equal(metrics["scoring_batch_rows_count"], metrics[$"scoring_stage_seconds_count{{stage=\"{stage}\"}}"]);
        }

        Assert.InRange(metrics["scoring_decision_seconds_count"], 2000 / 256, metrics["scoring_batch_rows_count"]);
        Assert.Contains(metrics.Keys, key => key.StartsWith("scoring_model_info{role=\"champion\",name=\"generated\",version=\"sha256:", StringComparison.Ordinal));
        Assert.Contains(metrics.Keys, key => key.StartsWith("scoring_state_keys{", StringComparison.Ordinal));
        Assert.Equal(130, await ScoringProcess.InterruptAsync(run));
        Assert.Contains("\"decisions\":2000,\"dead_letters\":2", await errors, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [SharedFact]
    public async Task A_broker_that_stands_still_at_full_rate_costs_no_decision_and_no_unbounded_memory()
    {
        const int payments = 300_000;
        var folder = await GenerateAsync(payments);
        var set = await TopicsAsync("stall");
        using var run = new RunningProcess(cluster.Environment, ["run", "--topology", Topology, .. set]);
        await run.SaysAsync("ready:");
        using var http = new HttpClient { BaseAddress = new Uri(Address().Match(run.Said).Value) };
        using var publish = ScoringProcess.Start(cluster.Environment, ["publish", "--topology", Topology, .. set, "--payments", $"{folder}/payments.csv"]);
        var published = publish.StandardError.ReadToEndAsync();
        await MetricsPage.OnceAsync(http, now => Sum(now, "scoring_decisions_total") > payments / 10);
        await cluster.SignalAsync("STOP");
        var before = await MetricsPage.OnceAsync(http, _ => true);
        var after = before;
        for (var since = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(since) < Stall; await Task.Delay(TimeSpan.FromSeconds(1)))
        {
            after = await MetricsPage.OnceAsync(http, _ => true);
            Assert.InRange(after["scoring_batches_rented"], 0, 32 + 1 + 8);
        }

        await cluster.SignalAsync("CONT");
        // What the path may still take in: its batches, the queues, and what the runtime makes of
        // them.
        Assert.InRange(after["process_working_set_bytes"] - before["process_working_set_bytes"], double.MinValue, 256e6);
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0, await published);
        // Not by the process's own counters: one that lost its partitions during the stall has read
        // everything before it decides again.
        await AllDecidedAsync("stall-decisions", payments, run);
        var end = await MetricsPage.OnceAsync(http, _ => true);
        await run.SignalAsync("INT");
        Assert.True(await run.EndsAsync() == 130, run.Said);
        Assert.Equal(payments, (await DecidedAsync("stall-decisions", new DecisionReaderOptions { Follow = false })).Count);
        Console.WriteLine(FormattableString.Invariant(
            $"stall of {Stall.TotalSeconds:0} s: working set {before["process_working_set_bytes"] / 1e6:0} MB before, {after["process_working_set_bytes"] / 1e6:0} MB at its end, {end["process_working_set_bytes"] / 1e6:0} MB when all were decided"));
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Waits until so many payments are decided.</summary>
    /// <exception cref="TimeoutException">They were not; with what the process said.</exception>
    private async Task AllDecidedAsync(string topic, int payments, RunningProcess run)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await DecidedAsync(topic, new DecisionReaderOptions { Follow = true }, payments, patience.Token);
        }
        catch (OperationCanceledException)
        {
            var decided = await DecidedAsync(topic, new DecisionReaderOptions { Follow = false });
            throw new TimeoutException($"{decided.Count} of {payments} payments are decided; the process said: {run.Said}");
        }
    }

    /// <summary>Payments as a reader sees them, who must see none twice.</summary>
    private async Task<HashSet<string>> DecidedAsync(string topic, DecisionReaderOptions options, int paymentsMax = int.MaxValue, CancellationToken cancel = default)
    {
        var seen = new HashSet<string>();
        var region = new ScoringRegion { Name = "eu", Kafka = new KafkaSettings(cluster.Brokers), Decisions = topic };
        await using var reader = await DecisionReader.OpenAsync(region, options);
        await foreach (var decision in reader.ReadAsync(cancel))
        {
            Assert.True(seen.Add(decision.Record.PaymentId));
            if (seen.Count == paymentsMax)
            {
                break;
            }
        }

        return seen;
    }

    private static async Task<string> GenerateAsync(int payments)
    {
        var folder = Directory.CreateTempSubdirectory("world").FullName;
        await ScoringProcess.SucceedAsync(new Dictionary<string, string>(), "generate", "--payments", $"{payments}", "--seed", "5", "--output", folder);
        return folder;
    }

    private async Task<string[]> TopicsAsync(string name)
    {
        string[] set =
        [
            "--set", $"group={name}", "--set", $"regions.eu.topics.payments={name}-payments", "--set", $"regions.eu.topics.labels={name}-labels",
            "--set", $"regions.eu.topics.decisions={name}-decisions", "--set", $"regions.eu.topics.deadLetters={name}-dead-letters",
        ];
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        return set;
    }

    private static double Sum(Dictionary<string, double> metrics, string name) =>
        metrics.Where(metric => metric.Key.StartsWith(name + "{", StringComparison.Ordinal)).Sum(metric => metric.Value);

    [GeneratedRegex("http://[0-9.:]+")]
    private static partial Regex Address();
}
