using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// A running process whose rules and lists change: docs/rules.md, While a process runs.
/// </summary>
public sealed class LiveRulesTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const int Payments = 300;

    [SharedFact]
    public async Task Rules_and_lists_change_while_it_runs_and_a_wrong_file_changes_nothing()
    {
        using var file = new CopiedTopology();
        var (rules, topology) = (Path.Combine(file.Folder, "rules.txt"), file.FilePath);
        File.WriteAllText(rules, "review first when amount >= 0\n");
        await ScoringProcess.SucceedAsync(cluster.Environment, "topics", "create", "--topology", topology);
        using var run = new RunningProcess(cluster.Environment, "run", "--topology", topology);
        using var http = await DecidedWorlds.ReadyAsync(run);
        var worlds = new DecidedWorlds(cluster, file.Folder, Payments);
        await worlds.DecideAsync(http, seed: 1);

        // An attribute that no feature looks at, and a list.
        File.WriteAllText(rules, "must_block listed when card_id in @stolen_cards\nblock second when amount >= 0 and attributes.none is missing\n");
        var said = await run.SaysAsync("2 rules and 1 lists are in force");
        await worlds.DecideAsync(http, seed: 2);

        File.WriteAllText(rules, "block third when amuont >= 0\n");
        await run.SaysAsync("changed rules or lists are not taken, those in force stay");
        await run.SaysAsync("did you mean amount?");
        await worlds.DecideAsync(http, seed: 3);

        // A good change of the topology waits for the rules beside it.
        File.WriteAllText(topology, file.Text.Replace("reviewFrom: 70", "reviewFrom: 71", StringComparison.Ordinal));
        await run.SaysAsync("the changed file is not taken, the values in force stay");
        File.WriteAllText(rules, "must_block listed when card_id in @stolen_cards\nallow fourth when amount >= 0\n");
        said = await run.SaysAsync("2 rules and 1 lists are in force", said);
        await run.SaysAsync("decide.reviewFrom 70 -\\u003E 71");
        var cards = (await worlds.CardsAsync(4)).Distinct().Take(3).ToList();
        await ScoringProcess.SucceedAsync(cluster.Environment, ["lists", "add", "stolen_cards", .. cards, "--topology", topology, "--until", "2100-01-01", "--why", "a test"]);
        await run.SaysAsync("2 rules and 1 lists are in force", said);
        await worlds.DecideAsync(http, seed: 4);
        var metrics = await MetricsPage.OnceAsync(http, _ => true);
        await run.SignalAsync("INT");
        Assert.Equal(130, await run.EndsAsync());

        var decisions = await worlds.DecisionsAsync();
        Assert.Equal(4 * Payments, decisions.Count);
        var by = decisions.GroupBy(decision => decision.DecidedBy!).ToDictionary(group => group.Key, group => group.ToList());
        Assert.Equal(Payments, by["rules/first"].Count);
        Assert.Equal(2 * Payments, by["rules/second"].Count);
        Assert.True(by["rules/listed"].Count >= cards.Count);
        Assert.Equal(Payments, by["rules/listed"].Count + by["rules/fourth"].Count);
        Assert.All(by["rules/listed"], decision => Assert.Equal(("block", "listed,fourth"), (decision.Action, string.Join(',', decision.Rules))));
        // Of the fourth file without an entry in the list nothing was decided.
        Assert.Equal(3, decisions.Select(decision => decision.Policy).Distinct().Count());
        Assert.Equal(2 * Payments, metrics["scoring_rule_hits_total{rule=\"second\",action=\"block\",shadow=\"false\"}"]);
        Assert.Equal((3, 1), (metrics["scoring_rule_changes_total{outcome=\"taken\"}"], metrics["scoring_rule_changes_total{outcome=\"refused\"}"]));
        Assert.Equal((1, 1), (metrics["scoring_topology_changes_total{outcome=\"taken\"}"], metrics["scoring_topology_changes_total{outcome=\"refused\"}"]));
    }
}
