using System.Text.Json;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>What a replay changes it finds, and what is gone it counts by name.</summary>
public sealed class ReplayFaultTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const int Payments = 200;

    [SharedFact]
    public async Task Another_feature_file_another_model_and_other_thresholds_are_told_apart()
    {
        using var topics = new TestTopics(cluster, "replay-changed");
        await topics.CreateAsync();
        await topics.PublishAsync("a", Payments);
        await topics.RunUntilIdleAsync();

        Require(await ReplayAsync(topics, "--expect-none"), compared: Payments, features: 0, score: 0, action: 0, rules: 0);

        var folder = Directory.CreateTempSubdirectory("replay").FullName;
        var shipped = Path.Combine(SharedFolder.RepositoryRoot, "topology", "handbook");
        var features = Path.Combine(folder, "features.yaml");
        // The last payments of the customer in place of those of a day: the first one sees the
        // same.
        await File.WriteAllTextAsync(features, (await File.ReadAllTextAsync(Path.Combine(shipped, "features.yaml"))).Replace(
            "aggregate: count\n    window: 1d\n", "aggregate: count\n    window: 3ms\n", StringComparison.Ordinal));
        var other = await ReplayAsync(topics, "--features", features);
        // Payments are a millisecond apart, so three of each are seen.
        Require(other, compared: Payments, features: Payments - 3, score: null, action: null, rules: 0);

        var model = Directory.CreateDirectory(Path.Combine(folder, "model")).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(shipped, "model")))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }

        await File.AppendAllTextAsync(Path.Combine(model, "card.yaml"), "calibration: {from: [0, 1], to: [0.5, 0.6]}\n");
        Require(await ReplayAsync(topics, "--model", model), compared: Payments, features: 0, score: Payments, action: null, rules: 0);

        var all = await ReplayAsync(topics, "--set", "decide.challengeFrom=0", "--set", "decide.reviewFrom=0", "--set", "decide.blockFrom=0");
        Assert.Equal(Payments, all.GetProperty("replayed").GetProperty("block").GetInt32());
        Require(all, compared: Payments, features: 0, score: 0, action: Payments, rules: 0);

        var (labels, report) = (Path.Combine(folder, "labels.csv"), Path.Combine(folder, "report"));
        await File.WriteAllLinesAsync(labels, ["payment_id,event_time,known_at,fraud", .. Enumerable.Range(0, Payments / 4).Select(i => $"a-{i},{1_700_000_000_000 + i},{1_700_000_100_000},true")]);
        await ReplayAsync(topics, "--set", "decide.challengeFrom=0", "--set", "decide.reviewFrom=0", "--set", "decide.blockFrom=0", "--report", report, "--labels", labels);
        var told = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(report, "report.json"))).RootElement;
        Assert.Equal(Payments, told.GetProperty("actions").EnumerateObject().Sum(recorded => recorded.Value.GetProperty("block").GetInt32()));
        Assert.Equal((Payments / 4, Payments - (Payments / 4)), (told.GetProperty("labels").GetProperty("frauds").GetInt32(), told.GetProperty("labels").GetProperty("genuine").GetInt32()));
        Assert.Equal(0.25, told.GetProperty("labels").GetProperty("replayed")[0].GetProperty("precision").GetDouble());
        var page = await File.ReadAllTextAsync(Path.Combine(report, "report.html"));
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        // One page that loads nothing.
        Assert.DoesNotMatch("(?i)<script|<link|src=|href=", page);
        Directory.Delete(folder, recursive: true);
    }

    [SharedFact]
    public async Task Payments_whose_records_are_gone_and_those_whose_past_is_are_missing_by_name()
    {
        using var topics = new TestTopics(cluster, "replay-gone");
        await topics.CreateAsync();
        await topics.PublishAsync("a", Payments);
        await topics.RunUntilIdleAsync();
        await topics.TrimAsync(topics.Payments, 50);

        var outcome = await RunAsync(topics, "--json", "--expect-none");
        Assert.Equal(0, outcome.ExitCode);
        var summary = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal((Payments, 0, Payments), (summary.GetProperty("payments").GetInt32(), summary.GetProperty("compared").GetInt32(), summary.GetProperty("missing").GetInt32()));
        Assert.Contains("missing, 50: the payment's record is gone from eu/replay-gone-payments (retention)", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains($"missing, {Payments - 50}: what its features look back to is gone from the logs (retention)", outcome.Errors, StringComparison.Ordinal);
    }

    [SharedFact]
    public async Task Where_retention_took_the_beginning_a_snapshot_before_the_stretch_holds_it()
    {
        using var topics = new TestTopics(cluster, "replay-snapshot");
        await topics.CreateAsync();
        await topics.PublishAsync("a", Payments);
        // A process that ends writes its state.
        await topics.RunUntilIdleAsync("--set", "snapshots.interval=1h");
        await topics.PublishAsync("b", Payments);
        await topics.RunUntilIdleAsync("--set", "snapshots.interval=1h");
        var decisions = await topics.DecisionsAsync("b");
        Assert.Equal(Payments + 1, TestTopics.CountOf(decisions["b-0"]));
        await topics.TrimAsync(topics.Payments, Payments - 10);

        var later = await ReplayAsync(topics, "--expect-none", "--from", decisions["b-0"].GetProperty("log_time").GetString()!);
        Require(later, compared: Payments, features: 0, score: 0, action: 0, rules: 0);
    }

    [SharedFact]
    public async Task A_decision_is_explained_by_its_payment_or_its_position_and_an_unknown_one_is_a_mistake()
    {
        using var topics = new TestTopics(cluster, "explained");
        await topics.CreateAsync();
        await topics.PublishAsync("a", 5);
        await topics.RunUntilIdleAsync();

        var byId = await ExplainAsync(topics, "a-3", "--json");
        var byPosition = await ExplainAsync(topics, "eu/explained-payments/0/3", "--json");
        Assert.Equal((0, 0), (byId.ExitCode, byPosition.ExitCode));
        Assert.Equal(byId.Output, byPosition.Output);
        var told = JsonDocument.Parse(byId.Output).RootElement;
        var count = told.GetProperty("features").GetProperty("customer_nb_tx_7d");
        Assert.Equal((4, "customer_id", "7d"), (count.GetProperty("value").GetInt32(), count.GetProperty("entity").GetString(), count.GetProperty("window").GetString()));
        Assert.InRange(count.GetProperty("histogram").GetProperty("within").GetDouble(), 0, 1);
        Assert.Equal("7d", told.GetProperty("features").EnumerateObject().First(feature => feature.Value.GetProperty("delay").ValueKind == JsonValueKind.String).Value.GetProperty("delay").GetString());
        var large = told.GetProperty("rules").EnumerateArray().Single(rule => rule.GetProperty("rule").GetString() == "large_amount");
        Assert.False(large.GetProperty("fired").GetBoolean());
        Assert.Equal(1, large.GetProperty("values").GetProperty("tx_amount").GetDouble());

        var story = await ExplainAsync(topics, "a-3");
        Assert.Contains("payment a-3 of 2023-11-14T22:13:20.003Z, read at eu/explained-payments/0/3", story.Output, StringComparison.Ordinal);
        Assert.Contains("silent  review large_amount: tx_amount = 1", story.Output, StringComparison.Ordinal);

        var unknown = await ExplainAsync(topics, "b-3");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("holds no decision of payment b-3", unknown.Errors, StringComparison.Ordinal);
    }

    private static void Require(JsonElement summary, int compared, int features, int? score, int? action, int rules)
    {
        var differences = summary.GetProperty("differences");
        Assert.Equal((compared, 0), (summary.GetProperty("compared").GetInt32(), summary.GetProperty("missing").GetInt32()));
        Assert.Equal((features, rules), (differences.GetProperty("features").GetInt32(), differences.GetProperty("rules").GetInt32()));
        Assert.Equal(score ?? differences.GetProperty("score").GetInt32(), differences.GetProperty("score").GetInt32());
        Assert.Equal(action ?? differences.GetProperty("action").GetInt32(), differences.GetProperty("action").GetInt32());
    }

    private async Task<JsonElement> ReplayAsync(TestTopics topics, params string[] more)
    {
        var outcome = await RunAsync(topics, ["--json", .. more]);
        Assert.True(outcome.ExitCode == 0, outcome.Errors);
        return JsonDocument.Parse(outcome.Output).RootElement;
    }

    private Task<ScoringProcess.Outcome> RunAsync(TestTopics topics, params string[] more) =>
        ScoringProcess.RunAsync(cluster.Environment, ["replay", "--topology", TestTopics.Topology, .. topics.Set, .. more]);

    private Task<ScoringProcess.Outcome> ExplainAsync(TestTopics topics, string wanted, params string[] more) =>
        ScoringProcess.RunAsync(cluster.Environment, ["explain", wanted, "--topology", TestTopics.Topology, .. topics.Set, .. more]);
}
