using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>What <c>/status</c> of a running process answers: docs/operations.md, Status.</summary>
public sealed partial class StatusTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    [SharedFact]
    public async Task A_process_says_where_it_stands_what_it_reads_and_what_is_not_in_force()
    {
        using var file = new CopiedTopology();
        await ScoringProcess.SucceedAsync(cluster.Environment, "topics", "create", "--topology", file.FilePath);
        using var run = new RunningProcess(cluster.Environment, "run", "--topology", file.FilePath);
        await run.SaysAsync("ready: ");
        using var http = new HttpClient { BaseAddress = new Uri(Address().Match(run.Said).Value) };
        await ScoringProcess.SucceedAsync(cluster.Environment, "generate", "--payments", "500", "--seed", "1", "--output", $"{file.Folder}/world");
        await ScoringProcess.SucceedAsync(cluster.Environment, "publish", "--topology", file.FilePath, "--payments", $"{file.Folder}/world/payments.csv");
        var status = await UntilAsync(http, now => Payments(now).Sum(log => log.GetProperty("position").GetInt64()) == 500 && Payments(now).All(log => log.GetProperty("lag").GetInt64() == 0));

        Assert.Equal("deciding", status.GetProperty("state").GetString());
        Assert.Equal(["starting", "restoring", "joining", "deciding"], status.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("state").GetString()));
        Assert.All(Payments(status), log => Assert.True(log.GetProperty("owned").GetBoolean() && log.GetProperty("failure").ValueKind == JsonValueKind.Null));
        Assert.All(Payments(status), log => Assert.Equal(log.GetProperty("end").GetInt64(), log.GetProperty("position").GetInt64()));
        var decided = await ScoringProcess.SucceedAsync(cluster.Environment, "decisions", "--topology", file.FilePath, "--json");
        var policy = status.GetProperty("policy").GetProperty("id").GetString();
        Assert.All(
            decided.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.Equal(policy, JsonDocument.Parse(line).RootElement.GetProperty("policy").GetString()));
        Assert.Empty(status.GetProperty("topology").GetProperty("differs").EnumerateArray());

        var drift = (await UntilAsync(http, now => now.GetProperty("drift").GetProperty("models") is var models && models.GetArrayLength() > 0 && models[0].GetProperty("rows").GetInt64() > 0)).GetProperty("drift");
        Assert.Equal(86_400, drift.GetProperty("window_seconds").GetDouble());
        var model = Assert.Single(drift.GetProperty("models").EnumerateArray());
        Assert.Empty(model.GetProperty("unwatched").EnumerateArray());
        // Of a rare event 500 payments tell nothing.
        var known = model.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("psi")).Where(psi => psi.ValueKind == JsonValueKind.Object).ToList();
        Assert.InRange(known.Count, 20, 31);
        Assert.All(known, psi => Assert.InRange(psi.GetProperty("critical").GetDouble(), 0.01, 1));
        var page = await http.GetStringAsync("/metrics");
        Assert.Contains($"scoring_drift_rows{{model=\"{model.GetProperty("model").GetString()}\"}} ", page, StringComparison.Ordinal);
        Assert.Contains("scoring_drift_psi{model=", page, StringComparison.Ordinal);

        File.AppendAllText(file.FilePath, "\nstate: {megabytesMax: 512}\n");
        var differs = (await UntilAsync(http, now => now.GetProperty("topology").GetProperty("differs").GetArrayLength() > 0)).GetProperty("topology").GetProperty("differs");
        var key = Assert.Single(differs.EnumerateArray());
        Assert.Equal(("state.megabytesMax", "512", true), (key.GetProperty("key").GetString(), key.GetProperty("file").GetString(), key.GetProperty("needs_restart").GetBoolean()));

        File.AppendAllText(file.FilePath, "\nscore: {lanes: nine}\n");
        var problem = (await UntilAsync(http, now => now.GetProperty("topology").GetProperty("problem").ValueKind == JsonValueKind.String)).GetProperty("topology").GetProperty("problem");
        Assert.Contains("score.lanes", problem.GetString(), StringComparison.Ordinal);
        await run.SignalAsync("INT");
        Assert.Equal(130, await run.EndsAsync());
    }

    private static IEnumerable<JsonElement> Payments(JsonElement status) => status.GetProperty("logs").EnumerateArray().Where(log => log.GetProperty("kind").GetString() == "payments");

    private static async Task<JsonElement> UntilAsync(HttpClient http, Predicate<JsonElement> isThere)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            var status = await http.GetFromJsonAsync<JsonElement>("/status", patience.Token);
            if (isThere(status))
            {
                return status;
            }

            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    [GeneratedRegex("http://[0-9.:]+")]
    private static partial Regex Address();
}
