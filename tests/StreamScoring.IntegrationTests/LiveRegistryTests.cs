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
        await run.SaysAsync(Taken(second));
        await worlds.DecideAsync(http, seed: 2);

        // Whoever edits the file by hand and errs changes nothing.
        var roles = Path.Combine(registry, "roles.yaml");
        var right = File.ReadAllText(roles);
        File.WriteAllText(roles, right.Replace(second[^8..], "00000000", StringComparison.Ordinal));
        await run.SaysAsync("which is not in the registry");
        await worlds.DecideAsync(http, seed: 3);
        File.WriteAllText(roles, right);

        await ModelsAsync("rollback", "--registry", registry, "--why", "scores too low");
        await run.SaysAsync(Taken(first));
        await worlds.DecideAsync(http, seed: 4);
        string Taken(string version) => $"-\\u003E {registry}/models/{version[^64..]}";

        await run.SignalAsync("INT");
        Assert.Equal(130, await run.EndsAsync());

        var decisions = await worlds.DecisionsAsync();
        Assert.Equal(
            new Dictionary<string, int> { [first] = 2 * Payments, [second] = 2 * Payments },
            decisions.GroupBy(decision => $"{decision.ModelName}@{decision.ModelVersion}").ToDictionary(model => model.Key, model => model.Count()));
        Assert.All(decisions.Where(decision => second.EndsWith(decision.ModelVersion, StringComparison.Ordinal)), decision => Assert.InRange(decision.Score, 0, 50));
    }

    private static async Task<string> ModelsAsync(params string[] arguments) =>
        (await ScoringProcess.SucceedAsync(new Dictionary<string, string>(), ["models", .. arguments])).Output.Trim();
}
