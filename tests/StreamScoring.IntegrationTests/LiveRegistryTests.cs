using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Scoring;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>A running process whose models are those of a registry.</summary>
public sealed class LiveRegistryTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const int Payments = 300;

    [SharedFact]
    public async Task A_promotion_and_a_rollback_are_taken_while_it_runs_and_each_decision_names_its_version()
    {
        using var file = new CopiedTopology();
        var (model, registry) = (Path.Combine(file.Folder, "model"), Path.Combine(file.Folder, "registry"));
        var first = await ModelsAsync("add", "--registry", registry, "--model", model, "--name", "generated");
        File.AppendAllText(Path.Combine(model, "card.yaml"), "calibration: {from: [0, 1], to: [0, 0.5]}\n");
        File.WriteAllText(file.FilePath, file.Text.Replace("champion: model", "registry: registry", StringComparison.Ordinal));
        var none = await ScoringProcess.RunAsync(cluster.Environment, "topology", "validate", file.FilePath);
        Assert.Equal(2, none.ExitCode);
        Assert.Contains("has no champion yet; scoring models promote", none.Errors, StringComparison.Ordinal);
        await ModelsAsync("promote", "generated", "--topology", file.FilePath, "--why", "the first one");

        await ScoringProcess.SucceedAsync(cluster.Environment, "topics", "create", "--topology", file.FilePath);
        using var run = new RunningProcess(cluster.Environment, "run", "--topology", file.FilePath);
        using var http = await DecidedWorlds.ReadyAsync(run);
        var worlds = new DecidedWorlds(cluster, file.Folder, Payments);
        await worlds.DecideAsync(http, seed: 1);

        // Another calibration is another version, of the same name and file.
        var second = await ModelsAsync("add", "--registry", registry, "--model", model, "--name", "generated", "--features", Path.Combine(file.Folder, "features.yaml"));
        Assert.NotEqual(first, second);
        await ModelsAsync("promote", "generated", "--registry", registry, "--why", "calibrated anew");
        await run.SaysAsync(Taken(first, second));
        await worlds.DecideAsync(http, seed: 2);

        // Whoever edits the file by hand and errs changes nothing.
        var roles = Path.Combine(registry, "roles.yaml");
        var right = File.ReadAllText(roles);
        File.WriteAllText(roles, right.Replace(second[^8..], "00000000", StringComparison.Ordinal));
        await run.SaysAsync("which is not in the registry");
        await worlds.DecideAsync(http, seed: 3);
        File.WriteAllText(roles, right);

        await ModelsAsync("rollback", "--registry", registry, "--why", "scores too low");
        await run.SaysAsync(Taken(second, first));
        await worlds.DecideAsync(http, seed: 4);
        string Taken(string before, string now) => $"models.champion {registry}/models/{before[^64..]} -\\u003E {registry}/models/{now[^64..]}";

        await run.SignalAsync("INT");
        Assert.Equal(130, await run.EndsAsync());

        var ofMine = (await Task.WhenAll(Enumerable.Range(1, 4).Select(worlds.CardByPaymentAsync))).SelectMany(world => world.Keys).ToHashSet();
        var decisions = (await worlds.DecisionsAsync()).Where(decision => ofMine.Contains(decision.PaymentId)).ToList();
        Assert.Equal(
            new Dictionary<string, int> { [first] = 2 * Payments, [second] = 2 * Payments },
            decisions.GroupBy(decision => $"{decision.ModelName}@{decision.ModelVersion}").ToDictionary(model => model.Key, model => model.Count()));
        Assert.All(decisions.Where(decision => second.EndsWith(decision.ModelVersion, StringComparison.Ordinal)), decision => Assert.InRange(decision.Score, 0, 50));
    }

    [SharedFact]
    public async Task A_canary_decides_for_its_share_of_the_cards_which_grows_and_goes_while_it_runs()
    {
        using var file = new CopiedTopology();
        var (model, registry) = (Path.Combine(file.Folder, "model"), Path.Combine(file.Folder, "registry"));
        var champion = await ModelsAsync("add", "--registry", registry, "--model", model, "--name", "generated");
        File.AppendAllText(Path.Combine(model, "card.yaml"), "calibration: {from: [0, 1], to: [0, 0.5]}\n");
        var canary = await ModelsAsync("add", "--registry", registry, "--model", model, "--name", "challenger");
        File.WriteAllText(file.FilePath, file.Text.Replace("champion: model", "registry: registry", StringComparison.Ordinal));
        await ModelsAsync("promote", "generated", "--topology", file.FilePath, "--why", "the first one");
        await ModelsAsync("role", "canary", "challenger", "--percent", "10", "--by", "card_id", "--topology", file.FilePath, "--why", "a few");
        await ScoringProcess.SucceedAsync(cluster.Environment, "topics", "create", "--topology", file.FilePath);
        using var run = new RunningProcess(cluster.Environment, "run", "--topology", file.FilePath);
        using var http = await DecidedWorlds.ReadyAsync(run);
        var worlds = new DecidedWorlds(cluster, file.Folder, Payments);
        await worlds.DecideAsync(http, seed: 11);
        await ModelsAsync("role", "canary", "challenger", "--percent", "40", "--registry", registry, "--why", "more");
        await run.SaysAsync("models.canary.percent 10 -\\u003E 40");
        await worlds.DecideAsync(http, seed: 12);
        await ModelsAsync("role", "canary", "challenger", "--remove", "--registry", registry);
        await run.SaysAsync("models.canary.percent 40 -\\u003E none");
        await worlds.DecideAsync(http, seed: 13);
        await run.SignalAsync("INT");
        Assert.Equal(130, await run.EndsAsync());

        var decisions = (await worlds.DecisionsAsync()).ToDictionary(decision => decision.PaymentId);
        var isThere = new HashSet<(double Percent, string Role)>();
        foreach (var (seed, percent) in ((int, double)[])[(11, 10), (12, 40), (13, 0)])
        {
            var share = new CanaryShare("challenger", percent, TextField.CardId);
            foreach (var (payment, card) in await worlds.CardByPaymentAsync(seed))
            {
                var decision = decisions[payment];
                Assert.Equal(share.Has(Encoding.UTF8.GetBytes(card)) ? "canary" : "champion", decision.Role);
                Assert.Equal(decision.Role == "canary" ? canary : champion, $"{decision.ModelName}@{decision.ModelVersion}");
                isThere.Add((percent, decision.Role!));
            }
        }

        Assert.Equal([(0, "champion"), (10, "canary"), (10, "champion"), (40, "canary"), (40, "champion")], isThere.Order());
    }

    private static async Task<string> ModelsAsync(params string[] arguments) =>
        (await ScoringProcess.SucceedAsync(new Dictionary<string, string>(), ["models", .. arguments])).Output.Trim();
}
