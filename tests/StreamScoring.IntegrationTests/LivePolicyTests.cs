using System.Text.RegularExpressions;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// A running process whose thresholds and models change: docs/topology.md, While running.
/// </summary>
public sealed partial class LivePolicyTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const int Payments = 500;

    [SharedFact]
    public async Task Thresholds_and_models_change_while_it_runs_and_each_decision_names_what_decided_it()
    {
        using var file = new CopiedTopology();
        var text = file.Text;
        await ScoringProcess.SucceedAsync(cluster.Environment, "topics", "create", "--topology", file.FilePath);
        using var run = new RunningProcess(cluster.Environment, "run", "--topology", file.FilePath);
        using var http = await DecidedWorlds.ReadyAsync(run);
        var worlds = new DecidedWorlds(cluster, file.Folder, Payments);
        await worlds.DecideAsync(http, seed: 1);
        var atStart = await PolicyAsync(http);

        File.WriteAllText(file.FilePath, Threshold().Replace(text, "From: 0"));
        await run.SaysAsync("decide.blockFrom 90 -\\u003E 0");
        var strict = await PolicyAsync(http);
        await worlds.DecideAsync(http, seed: 2);

        // A folder that is not there: of the changed file nothing is taken, the thresholds neither.
        File.WriteAllText(file.FilePath, text.Replace("champion: model", "champion: nowhere", StringComparison.Ordinal));
        await run.SaysAsync("the changed file is not taken, the values in force stay");
        Assert.Equal(strict, await PolicyAsync(http));
        await worlds.DecideAsync(http, seed: 3);

        var next = Path.Combine(file.Folder, "next");
        Directory.CreateDirectory(next);
        foreach (var part in Directory.EnumerateFiles(Path.Combine(file.Folder, "model")))
        {
            File.Copy(part, Path.Combine(next, Path.GetFileName(part)));
        }

        var card = Path.Combine(next, "card.yaml");
        File.WriteAllText(card, Name().Replace(File.ReadAllText(card), "name: next"));
        File.WriteAllText(file.FilePath, text.Replace("champion: model", "champion: next\n  shadows: [model]", StringComparison.Ordinal));
        await run.SaysAsync("changed: models.champion ");
        var metrics = await MetricsPage.OnceAsync(http, _ => true);
        Assert.Contains(metrics.Keys, key => key.StartsWith("scoring_model_info{role=\"champion\",name=\"next\"", StringComparison.Ordinal));
        Assert.Equal(2, metrics.Keys.Count(key => key.StartsWith("scoring_model_info{", StringComparison.Ordinal)));
        Assert.Equal((2, 1), (metrics["scoring_topology_changes_total{outcome=\"taken\"}"], metrics["scoring_topology_changes_total{outcome=\"refused\"}"]));
        var other = await PolicyAsync(http);
        await worlds.DecideAsync(http, seed: 4);
        await run.SignalAsync("INT");
        Assert.Equal(130, await run.EndsAsync());

        var decisions = await worlds.DecisionsAsync();
        Assert.Equal(4 * Payments, decisions.Count);
        Assert.Equal(
            new Dictionary<string, int> { [atStart] = Payments, [strict] = 2 * Payments, [other] = Payments },
            decisions.GroupBy(decision => decision.Policy!).ToDictionary(policy => policy.Key, policy => policy.Count()));
        Assert.All(decisions.Where(decision => decision.Policy == strict), decision => Assert.Equal(("block", "thresholds"), (decision.Action, decision.DecidedBy)));
        Assert.Contains(decisions, decision => decision.Policy == atStart && decision.Action != "block");
        Assert.All(decisions.Where(decision => decision.Policy == other), decision => Assert.Equal("next", decision.ModelName));
        Assert.Contains(decisions, decision => decision.Policy == other && decision.Shadow.Count == 1);
    }

    private static async Task<string> PolicyAsync(HttpClient http) =>
        Policy().Match((await MetricsPage.OnceAsync(http, _ => true)).Keys.Single(key => key.StartsWith("scoring_policy_info{", StringComparison.Ordinal))).Value;

    [GeneratedRegex("From: [0-9]+")]
    private static partial Regex Threshold();

    [GeneratedRegex("sha256:[0-9a-f]{64}")]
    private static partial Regex Policy();

    [GeneratedRegex("(?m)^name: .*$")]
    private static partial Regex Name();
}
