using System.Text.Json;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// A deployment whose policy comes from logs, as its operators change it: docs/policy.md.
/// </summary>
public sealed class PolicyLogTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const int Payments = 300;

    [SharedFact]
    public async Task Rules_settings_and_lists_are_published_taken_by_running_processes_and_kept_through_kill_9()
    {
        using var file = new CopiedTopology();
        File.WriteAllText(file.FilePath, $"policy: log\n{file.Text}");
        var (rules, worlds) = (Path.Combine(file.Folder, "new-rules.txt"), new DecidedWorlds(cluster, file.Folder, Payments));
        await VerbAsync(file, "topics", "create");
        Assert.Empty((await VerbAsync(file, "policy", "history", "--json")).Output);
        using (var run = new RunningProcess(cluster.Environment, "run", "--topology", file.FilePath))
        {
            using var http = await DecidedWorlds.ReadyAsync(run);
            // Nothing is published: the rules are the file's, and its lists have no entries.
            Assert.Equal(JsonValueKind.Array, (await StatusAsync(http)).GetProperty("published").ValueKind);

            File.WriteAllText(rules, "block listed when card_id in @stolen_cards\nreview first when amount >= 0 and attributes.none is missing\n");
            await VerbAsync(file, "policy", "publish", "--rules", rules, "--set", "decide.reviewFrom=61", "--why", "the first", "--by", "ann");
            await StatusOnceAsync(http, policy => policy.GetProperty("published").GetArrayLength() == 2);
            await worlds.DecideAsync(http, seed: 1);

            await VerbAsync(file, "lists", "add", "stolen_cards", (await worlds.CardsAsync(2)).First(), "--why", "reported");
            await StatusOnceAsync(http, policy => policy.GetProperty("lists").TryGetProperty("stolen_cards", out var entries) && entries.GetInt32() == 1);
            await worlds.DecideAsync(http, seed: 2);

            // Made for what is not in force any more; and what a file cannot be.
            var second = await ScoringProcess.RunAsync(cluster.Environment, "policy", "publish", "--topology", file.FilePath, "--rules", rules.Replace("new-", "", StringComparison.Ordinal), "--expects", "sha256:other", "--why", "too late");
            Assert.Equal(1, second.ExitCode);
            Assert.Contains("nothing is published: rules sha256:", second.Errors, StringComparison.Ordinal);
            File.WriteAllText(rules, "block wrong when amuont >= 0\n");
            var wrong = await ScoringProcess.RunAsync(cluster.Environment, "policy", "publish", "--topology", file.FilePath, "--rules", rules, "--why", "wrong");
            Assert.Equal(2, wrong.ExitCode);
            Assert.Contains("did you mean amount?", wrong.Errors, StringComparison.Ordinal);

            // The file does not change what logs decide.
            var said = run.Said.Split('\n').Length;
            File.WriteAllText(file.FilePath, file.Text.Replace("reviewFrom: 70", "reviewFrom: 20", StringComparison.Ordinal));
            await run.SaysAsync("decide.reviewFrom", said);
            run.Kill();
            await run.EndsAsync();
        }

        using (var run = new RunningProcess(cluster.Environment, "run", "--topology", file.FilePath))
        {
            using var http = await DecidedWorlds.ReadyAsync(run);
            await worlds.DecideAsync(http, seed: 3);
            Assert.Equal(["rules", "settings"], (await StatusAsync(http)).GetProperty("published").EnumerateArray().Select(part => part.GetProperty("kind").GetString()).Order());
            await run.SignalAsync("INT");
            Assert.Equal(130, await run.EndsAsync());
        }

        var decisions = await worlds.DecisionsAsync();
        Assert.Equal(3 * Payments, decisions.Count);
        Assert.All(decisions, decision => Assert.Contains(decision.DecidedBy, (string[])["rules/first", "rules/listed"]));
        Assert.Equal(2, decisions.Select(decision => decision.Policy).Distinct().Count());
        Assert.Contains(decisions, decision => decision.DecidedBy == "rules/listed" && decision.Action == "block");

        var history = (await VerbAsync(file, "policy", "history", "--json")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["rules", "settings"], history.Select(change => change.GetProperty("kind").GetString()).Order());
        Assert.All(history, change => Assert.Equal(("ann", "the first", JsonValueKind.Null), (change.GetProperty("by").GetString(), change.GetProperty("why").GetString(), change.GetProperty("replaces").ValueKind)));
        Assert.Equal(2, (await VerbAsync(file, "policy", "history", "--all", "--json")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal("{}", (await VerbAsync(file, "policy", "show", "--json", "--at", "2020-01-01")).Output.Trim());
        // A feed that comes again: what is as it was is not written once more.
        var feed = Path.Combine(file.Folder, "feed.csv");
        await File.WriteAllLinesAsync(feed, Enumerable.Range(0, 2000).Select(i => $"f-{i}"));
        Assert.Equal(2000, Changed(await VerbAsync(file, "lists", "import", "feed", feed, "--why", "weekly", "--json")));
        Assert.Equal(0, Changed(await VerbAsync(file, "lists", "import", "feed", feed, "--why", "weekly", "--json")));
        await File.WriteAllLinesAsync(feed, Enumerable.Range(1, 2000).Select(i => i == 7 ? "f-7,2100-01-01" : $"f-{i}"));
        Assert.Equal(2, Changed(await VerbAsync(file, "lists", "import", "feed", feed, "--why", "weekly", "--json")));
        Assert.Equal(2001, JsonDocument.Parse((await VerbAsync(file, "lists", "show", "feed", "--json")).Output).RootElement.GetProperty("entries").GetInt32());
        Assert.Equal(1, JsonDocument.Parse((await VerbAsync(file, "lists", "show", "stolen_cards", "--json")).Output).RootElement.GetProperty("entries").GetInt32());
    }

    private static int Changed(ScoringProcess.Outcome outcome) => JsonDocument.Parse(outcome.Output).RootElement.GetProperty("changed").GetInt32();

    private Task<ScoringProcess.Outcome> VerbAsync(CopiedTopology file, params string[] arguments) => ScoringProcess.SucceedAsync(cluster.Environment, [.. arguments, "--topology", file.FilePath]);

    private static async Task<JsonElement> StatusAsync(HttpClient http) =>
        JsonDocument.Parse(await http.GetStringAsync(new Uri("/status", UriKind.Relative))).RootElement.GetProperty("policy").Clone();

    private static async Task StatusOnceAsync(HttpClient http, Func<JsonElement, bool> isWanted)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!isWanted(await StatusAsync(http)))
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }
}
