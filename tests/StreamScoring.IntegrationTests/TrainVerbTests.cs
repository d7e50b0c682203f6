using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// What <c>scoring train</c> does as a process: killed, interrupted, told wrong things.
/// </summary>
public sealed class TrainVerbTests : IDisposable
{
    private const int RowCount = 20_000;

    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly string _folder = Directory.CreateTempSubdirectory("train-verb").FullName;
    private readonly string _features;
    private readonly string _data;

    public TrainVerbTests()
    {
        (_features, _data) = (Path.Combine(_folder, "features.yaml"), Path.Combine(_folder, "data.csv"));
        File.WriteAllText(_features, """
            version: 1
            features:
              - {name: amount_major, expression: amount}
              - {name: nb, entity: card_id, aggregate: count, window: 1d}
              - {name: risk, entity: merchant_id, aggregate: risk, window: 7d, delay: 7d}
              - {name: channel_name, expression: channel}
            """);
        var random = new Random(5);
        File.WriteAllLines(_data, Enumerable.Range(0, RowCount).Select(row =>
        {
            var (amount, count, risk) = (100 * random.NextDouble(), random.Next(20), random.NextDouble());
            var isFraud = random.NextDouble() < 1 / (1 + Math.Exp(9 - (amount / 20) - (count / 10.0) - (3 * risk)));
            var time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(row * 60 * 86_400.0 / RowCount);
            return string.Create(CultureInfo.InvariantCulture, $"{row},{amount:R},{count},{risk:R},{(row % 3 == 0 ? "web" : "shop")},{time:s}Z,{(isFraud ? 1 : 0)}");
        }).Prepend("payment_id,amount_major,nb,risk,channel_name,event_time,fraud"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_search_that_was_killed_goes_on_and_gives_the_model_of_one_that_was_not()
    {
        const int trials = 12;
        var (killed, whole) = (Path.Combine(_folder, "killed"), Path.Combine(_folder, "whole"));
        using (var process = ScoringProcess.Start(NoEnvironment, Search(killed, trials)))
        {
            using var ending = ScoringProcess.EndingWithTheTest(process);
            // Killed in the middle: trials are there, and others are still to be made.
            await HasTriedAsync(process, killed, lines: 4);
            process.Kill();
            await process.WaitForExitAsync();
        }

        Assert.False(Directory.Exists(killed));
        Assert.InRange(LinesOf($"{killed}.search"), 4, trials);
        var resumed = await ScoringProcess.SucceedAsync(NoEnvironment, Search(killed, trials));
        Assert.Contains("trials are there already", resumed.Errors, StringComparison.Ordinal);
        await ScoringProcess.SucceedAsync(NoEnvironment, Search(whole, trials));
        foreach (var file in (string[])["model.onnx", "golden.parquet"])
        {
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(whole, file)), await File.ReadAllBytesAsync(Path.Combine(killed, file)));
        }

        // The cards differ in what was typed alone.
        Assert.Equal(CardOf(whole), CardOf(killed));

        string[] CardOf(string folder) => [.. File.ReadLines(Path.Combine(folder, "card.yaml")).Where(line => !line.StartsWith("  command:", StringComparison.Ordinal))];
    }

    [Fact]
    public async Task Ctrl_C_ends_a_search_with_130_and_leaves_its_log_alone()
    {
        var output = Path.Combine(_folder, "interrupted");
        using var process = ScoringProcess.Start(NoEnvironment, Search(output, 10_000));
        using var ending = ScoringProcess.EndingWithTheTest(process);
        await HasTriedAsync(process, output, lines: 2);
        Assert.Equal(130, await ScoringProcess.InterruptAsync(process));
        Assert.Equal(["data.csv", "features.yaml", "interrupted.search"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task The_gap_is_the_feature_file_s_delay_and_texts_are_taken_where_they_are_named()
    {
        var output = Path.Combine(_folder, "model");
        var trained = await ScoringProcess.SucceedAsync(NoEnvironment, Train(output, "--trees", "20", "--json", "--categorical", "channel_name", "--increasing", "risk"));
        var summary = JsonDocument.Parse(trained.Output).RootElement;
        Assert.Equal(RowCount, summary.GetProperty("rows").GetInt32());
        Assert.Equal(0, summary.GetProperty("texts_left_out").GetArrayLength());
        Assert.Equal(2, summary.GetProperty("held_out").GetProperty("average_precision_interval").GetArrayLength());
        var card = await File.ReadAllTextAsync(Path.Combine(output, "card.yaml"));
        Assert.Contains("gap: \"7d\"", card, StringComparison.Ordinal);
        Assert.Contains("validation_from: \"2026-02-18T00:00:00Z\"", card, StringComparison.Ordinal);
        Assert.Contains("categorical: \"channel_name\"", card, StringComparison.Ordinal);
        Assert.Contains("monotone: \"risk increasing\"", card, StringComparison.Ordinal);
        // A model that follows it names it; what is given to evaluate is the whole path of a user.
        var next = Path.Combine(_folder, "next");
        await ScoringProcess.SucceedAsync(NoEnvironment, Train(next, "--kind", "logistic", "--parent", output));
        var parent = (await File.ReadAllLinesAsync(Path.Combine(next, "card.yaml"))).Single(line => line.StartsWith("  parent:", StringComparison.Ordinal));
        var evaluated = await ScoringProcess.SucceedAsync(NoEnvironment, "evaluate", "--model", output, "--compare", next, "--data", _data, "--label", "fraud", "--time", "event_time", "--draws", "0", "--json");
        Assert.Equal(RowCount, JsonDocument.Parse(evaluated.Output).RootElement.GetProperty("rows").GetInt32());
        Assert.Matches("parent: \"[^\"]+@sha256:[0-9a-f]{64}\"", parent);
    }

    [Fact]
    public async Task Wrong_names_are_all_told_in_one_run_and_times_need_a_column()
    {
        var names = await ScoringProcess.RunAsync(NoEnvironment, Train(Path.Combine(_folder, "m"), "--without", "amount,nb", "--increasing", "risk,rist", "--decreasing", "risk", "--inputs", "channel_name"));
        Assert.Equal(2, names.ExitCode);
        Assert.Contains("--without: ", names.Errors, StringComparison.Ordinal);
        Assert.Contains("has no feature rist; did you mean risk?", names.Errors, StringComparison.Ordinal);
        Assert.Contains("--decreasing: risk is one of --increasing", names.Errors, StringComparison.Ordinal);
        Assert.Contains("--inputs: channel_name is a text; add it to --categorical", names.Errors, StringComparison.Ordinal);

        var timeless = Path.Combine(_folder, "timeless.csv");
        await File.WriteAllTextAsync(timeless, "amount_major,nb,risk,channel_name,fraud\n1,1,0,web,0\n2,1,0,web,1\n");
        var gap = await ScoringProcess.RunAsync(NoEnvironment, "train", "--features", _features, "--data", timeless, "--label", "fraud", "--output", Path.Combine(_folder, "m"), "--gap", "7d");
        Assert.Equal(2, gap.ExitCode);
        Assert.Contains("--gap goes by when payments were, and the table has no column event_time; name another one with --time", gap.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("m", Directory.GetDirectories(_folder).Select(Path.GetFileName));
    }

    /// <summary>Waits until the log of a search has so many lines, or the process has
    /// ended.</summary>
    private static async Task HasTriedAsync(Process process, string output, int lines)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (LinesOf($"{output}.search") < lines && !process.HasExited && await timer.WaitForNextTickAsync())
        {
        }
    }

    private static int LinesOf(string path)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Count(character => character == '\n');
    }

    private string[] Search(string output, int trials) => Train(output, "--search", trials.ToString(CultureInfo.InvariantCulture), "--trees", "120", "--patience", "40");

    private string[] Train(string output, params string[] more) => ["train", "--features", _features, "--data", _data, "--label", "fraud", "--output", output, .. more];
}
