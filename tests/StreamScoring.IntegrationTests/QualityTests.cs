using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>What <c>/quality</c> of running processes answers: docs/quality.md.</summary>
public sealed partial class QualityTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const int Payments = 6000;

    [SharedFact]
    public async Task Two_processes_of_a_group_together_tell_what_decisions_and_labels_say_and_go_on_after_a_restart()
    {
        using var file = new CopiedTopology();
        var environment = new Dictionary<string, string>(cluster.Environment) { ["SCORING_HTTP_PORT"] = "0", ["SCORING_DATA"] = Path.Combine(file.Folder, "data") };
        await ScoringProcess.SucceedAsync(environment, "topics", "create", "--topology", file.FilePath);
        await ScoringProcess.SucceedAsync(environment, "generate", "--payments", $"{Payments}", "--seed", "1", "--output", $"{file.Folder}/world");
        List<Day> expected;
        using (var one = new RunningProcess(environment, "run", "--topology", file.FilePath))
        using (var other = new RunningProcess(environment, "run", "--topology", file.FilePath))
        {
            var clients = new List<HttpClient>();
            foreach (var process in new[] { one, other })
            {
                await process.SaysAsync("ready: ");
                clients.Add(new HttpClient { BaseAddress = new Uri(Address().Match(process.Said).Value) });
            }

            await ScoringProcess.SucceedAsync(environment, "publish", "--topology", file.FilePath, "--payments", $"{file.Folder}/world/payments.csv", "--labels", $"{file.Folder}/world/labels.csv");
            var reports = await UntilAsync(clients, all => all.Sum(report => report.GetProperty("held").GetProperty("payments").GetInt64()) == Payments
                && all.All(report => LabelsOf(report) == all.Sum(Joined)));
            expected = await ExpectedAsync(environment, file);
            Assert.Equal(expected, Sum(reports));
            Assert.All(reports, report => Assert.Equal((0, 0), (report.GetProperty("labels").GetProperty("dropped").GetInt64(), report.GetProperty("labels").GetProperty("missed").GetInt64())));
            Assert.Equal(HttpStatus.BadRequest, (HttpStatus)(await clients[0].GetAsync("/quality?days=-1")).StatusCode);
            Assert.Single((await clients[0].GetFromJsonAsync<JsonElement>("/quality?days=1")).GetProperty("days").EnumerateArray());
            Assert.Contains("scoring_quality_held_payments ", await clients[0].GetStringAsync("/metrics"), StringComparison.Ordinal);
            await Task.WhenAll(one.SignalAsync("INT"), other.SignalAsync("INT"));
            Assert.Equal((130, 130), (await one.EndsAsync(), await other.EndsAsync()));
            clients.ForEach(client => client.Dispose());
        }

        // Each takes one of the two files, whosever it was.
        using (var one = new RunningProcess(environment, "run", "--topology", file.FilePath))
        using (var other = new RunningProcess(environment, "run", "--topology", file.FilePath))
        {
            var reports = new List<JsonElement>();
            foreach (var process in new[] { one, other })
            {
                await process.SaysAsync("ready: ");
                using var client = new HttpClient { BaseAddress = new Uri(Address().Match(process.Said).Value) };
                reports.Add(await client.GetFromJsonAsync<JsonElement>("/quality"));
            }

            Assert.Equal(expected, Sum(reports));
            Assert.All(reports, report => Assert.All(report.GetProperty("days").EnumerateArray(), day => Assert.False(day.GetProperty("has_gap").GetBoolean())));
            one.Kill();
            await other.SignalAsync("INT");
            Assert.Equal(130, await other.EndsAsync());
        }
    }

    /// <summary>Of one day: payments, frauds, genuine ones, those without a label, those that were
    /// stopped, and frauds among these.</summary>
    private sealed record Day(string Name, long Payments, long Frauds, long Genuine, long Unlabelled, long Stopped, long StoppedFrauds);

    private enum HttpStatus
    {
        BadRequest = 400,
    }

    private static long Joined(JsonElement report) => report.GetProperty("labels").GetProperty("joined").GetInt64() + report.GetProperty("labels").GetProperty("joined_later").GetInt64();

    /// <summary>First labels of payments, whoever decided them.</summary>
    private static long LabelsOf(JsonElement report) => report.GetProperty("labels").GetProperty("joined").GetInt64() + report.GetProperty("labels").GetProperty("not_held").GetInt64();

    private static List<Day> Sum(IReadOnlyList<JsonElement> reports) =>
        [.. reports.SelectMany(report => report.GetProperty("days").EnumerateArray()).GroupBy(day => day.GetProperty("day").GetString()!).OrderBy(day => day.Key, StringComparer.Ordinal).Select(day => new Day(
            day.Key, Count(day, "all", "payments"), Count(day, "all", "frauds"), Count(day, "all", "genuine"), Count(day, "all", "silent") + Count(day, "all", "blocked"), Count(day, "stopped", "payments"), Count(day, "stopped", "frauds")))];

    private static long Count(IEnumerable<JsonElement> days, string group, string count) => days.Sum(day => day.GetProperty("figures").GetProperty(group).GetProperty(count).GetInt64());

    /// <summary>As the decisions in their topic and the labels in their table say.</summary>
    private static async Task<List<Day>> ExpectedAsync(IReadOnlyDictionary<string, string> environment, CopiedTopology file)
    {
        var lines = await File.ReadAllLinesAsync($"{file.Folder}/world/labels.csv");
        var header = lines[0].Split(',').ToList();
        var (id, fraud) = (header.IndexOf("payment_id"), header.IndexOf("fraud"));
        var labels = lines.Skip(1).Select(line => line.Split(',')).ToDictionary(cells => cells[id], cells => cells[fraud] is "1" or "true");
        var decided = (await ScoringProcess.SucceedAsync(environment, "decisions", "--topology", file.FilePath, "--json")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .Select(decision => (Id: decision.GetProperty("payment_id").GetString()!, Day: decision.GetProperty("event_time").GetDateTimeOffset().UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), IsStopped: decision.GetProperty("action").GetString() != "allow")).ToList();
        Assert.Equal(Payments, decided.Count);
        Assert.Contains(decided, decision => decision.IsStopped && labels.GetValueOrDefault(decision.Id));
        return [.. decided.GroupBy(decision => decision.Day).OrderBy(day => day.Key, StringComparer.Ordinal).Select(day => new Day(
            day.Key, day.Count(), day.Count(IsFraud), day.Count(decision => labels.TryGetValue(decision.Id, out var isFraud) && !isFraud), day.Count(decision => !labels.ContainsKey(decision.Id)),
            day.Count(decision => decision.IsStopped), day.Count(decision => decision.IsStopped && IsFraud(decision))))];

        bool IsFraud((string Id, string Day, bool IsStopped) decision) => labels.GetValueOrDefault(decision.Id);
    }

    private static async Task<List<JsonElement>> UntilAsync(IReadOnlyList<HttpClient> clients, Predicate<List<JsonElement>> isThere)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            var reports = new List<JsonElement>();
            foreach (var client in clients)
            {
                reports.Add(await client.GetFromJsonAsync<JsonElement>("/quality", patience.Token));
            }

            if (isThere(reports))
            {
                return reports;
            }

            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    [GeneratedRegex("http://[0-9.:]+")]
    private static partial Regex Address();
}
