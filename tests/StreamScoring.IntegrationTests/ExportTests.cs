using System.Globalization;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Files;
using StreamScoring.Host.Exporting;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>Decisions with the features that were served, as tables.</summary>
public sealed class ExportTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>, IDisposable
{
    private const int Payments = 300;

    private readonly string _folder = Directory.CreateTempSubdirectory("export").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SharedFact]
    public async Task Every_decision_is_exported_once_with_the_features_that_were_served()
    {
        using var file = new CopiedTopology();
        await ScoringProcess.SucceedAsync(cluster.Environment, "topics", "create", "--topology", file.FilePath);
        var worlds = new DecidedWorlds(cluster, file.Folder, Payments);
        using (var run = new RunningProcess(cluster.Environment, "run", "--topology", file.FilePath))
        {
            using var http = await DecidedWorlds.ReadyAsync(run);
            await worlds.DecideAsync(http, seed: 1);
            await run.SignalAsync("INT");
            await run.EndsAsync();
        }

        var output = Path.Combine(_folder, "served");
        var exported = await ScoringProcess.SucceedAsync(cluster.Environment, "export", "--topology", file.FilePath, "--output", output, "--json");
        Assert.Equal(Payments, JsonDocument.Parse(exported.Output).RootElement.GetProperty("decisions").GetInt32());
        var backfilled = Path.Combine(_folder, "backfilled.csv");
        await ScoringProcess.SucceedAsync(
            cluster.Environment, "backfill", "--features", Path.Combine(file.Folder, "features.yaml"), "--payments", await worlds.TableAsync(1), "--with", "event_time", "--output", backfilled);
        var (served, expected) = (Rows([.. Directory.EnumerateFiles(output, "*.parquet", SearchOption.AllDirectories)]), Rows([backfilled]));
        Assert.Equal(expected.Keys.Order(), served.Keys.Order());
        foreach (var (id, row) in expected)
        {
            // Payments of a card are in one partition. Those of a merchant come from several, and
            // live their order is that in which they were published.
            Assert.All(row.Where(cell => cell.Key.StartsWith("card_", StringComparison.Ordinal) || cell.Key is "amount_major" or "event_time"), cell => Assert.Equal((id, cell.Key, cell.Value), (id, cell.Key, served[id][cell.Key])));
        }

        var decisions = (await worlds.DecisionsAsync()).ToDictionary(decision => decision.PaymentId);
        Assert.All(served, row => Assert.Equal(
            (decisions[row.Key].Action, $"{decisions[row.Key].Score}", decisions[row.Key].ModelVersion, decisions[row.Key].Policy),
            (row.Value["action"], row.Value["score"], row.Value["model_version"], row.Value["policy"])));
        Assert.All(decisions.Values, decision => Assert.All(decision.Features, feature => Assert.Equal(
            (feature.Key, feature.Value), (feature.Key, served[decision.PaymentId][feature.Key] is { } cell ? double.Parse(cell, CultureInfo.InvariantCulture) : null))));
        Assert.All(Directory.EnumerateDirectories(output), day => Assert.Matches("day=20[0-9]{2}-[0-9]{2}-[0-9]{2}$", day));

        var again = await ScoringProcess.RunAsync(cluster.Environment, "export", "--topology", file.FilePath, "--output", output);
        Assert.Equal(2, again.ExitCode);
        Assert.Contains("holds files already", again.Errors, StringComparison.Ordinal);
        var none = await ScoringProcess.SucceedAsync(cluster.Environment, "export", "--topology", file.FilePath, "--output", Path.Combine(_folder, "none"), "--to", "2001-01-01", "--json");
        Assert.Equal((0, 0), (JsonDocument.Parse(none.Output).RootElement.GetProperty("decisions").GetInt32(), JsonDocument.Parse(none.Output).RootElement.GetProperty("days").GetInt32()));
    }

    [Fact]
    public void Days_that_come_again_other_feature_files_and_other_types_get_files_of_their_own()
    {
        using (var folders = new ServedFolders(Path.Combine(_folder, "out")))
        {
            for (var day = 0; day < 10; day++)
            {
                folders.Add(Decision(day, "sha256:a", ("a", 1.5), ("score", null)));
            }

            folders.Add(Decision(0, "sha256:a", ("a", 2.5), ("score", 7.0)));
            folders.Add(Decision(9, "sha256:a", ("a", "text"), ("score", 7.0)));
            folders.Add(Decision(9, "sha256:b", ("b", 1.0)));
            folders.Complete();
            Assert.Equal(10, folders.Days);
        }

        string[] FilesOf(string day) => [.. Directory.EnumerateFiles(Path.Combine(_folder, "out", $"day=1970-01-{day}")).Order(StringComparer.Ordinal)];
        Assert.Equal(["part-1.parquet", "part-2.parquet"], FilesOf("01").Select(Path.GetFileName));
        Assert.Equal(["part-1.parquet", "part-2.parquet", "part-3.parquet"], FilesOf("10").Select(Path.GetFileName));
        var rows = Rows(FilesOf("01"), byPart: true);
        Assert.Equal(["1.5", "2.5"], rows.Values.Select(row => row["a"]));
        // Of a field of the decision's name.
        Assert.Equal([null, "7"], rows.Values.Select(row => row["feature.score"]));
        Assert.Equal(["42", "42"], rows.Values.Select(row => row["score"]));
        Assert.Equal("text", Rows([FilesOf("10")[1]]).Values.Single()["a"]);
        File.WriteAllText(Path.Combine(_folder, "out", "x"), "");
        Assert.Throws<InvalidInputFileException>(() => new ServedFolders(Path.Combine(_folder, "out")));
    }

    private static DecisionRecord Decision(int day, string file, params (string Name, object? Value)[] features) => new()
    {
        Source = new DecisionSource("eu", "payments", 0, day),
        PaymentId = $"p{day}",
        EventTimeMs = (day * 86_400_000L) + 5,
        LogTimestampMs = 0,
        ReceivedAtMs = 0,
        DecidedAtMs = 0,
        Action = "allow",
        Score = 42,
        Level = "normal",
        Probability = 0.42,
        Raw = null,
        Rung = "full",
        ModelName = "m",
        ModelVersion = "sha256:0",
        Engine = "trees",
        Features = [.. features.Select(feature => KeyValuePair.Create(feature.Name, feature.Value))],
        FeatureFile = file,
        RuleFile = null,
        Config = "sha256:1",
        TimingsMs = default,
    };

    /// <summary>By payment, and by column the cell.</summary>
    private static Dictionary<string, Dictionary<string, string?>> Rows(string[] files, bool byPart = false)
    {
        var rows = new Dictionary<string, Dictionary<string, string?>>();
        foreach (var file in files)
        {
            using var reader = TableReader.Open(file);
            while (reader.Read())
            {
                rows.Add($"{reader.Text(0)}{(byPart ? Path.GetFileName(file) : "")}", Enumerable.Range(0, reader.Columns.Count).ToDictionary(i => reader.Columns[i], reader.Text));
            }
        }

        return rows;
    }
}
