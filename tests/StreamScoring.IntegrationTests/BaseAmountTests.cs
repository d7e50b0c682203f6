using System.Globalization;
using StreamScoring.Contracts;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// Features of amounts in a base currency: docs/features.md, Amounts in several currencies.
/// </summary>
public sealed class BaseAmountTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const int Payments = 2000;

    [SharedFact]
    public async Task Features_take_amounts_by_the_rates_of_the_file_as_it_is_and_a_backfill_by_those_that_it_is_given()
    {
        using var file = new CopiedTopology();
        var features = Path.Combine(file.Folder, "features.yaml");
        await File.AppendAllTextAsync(features, "\n  - {name: in_base, expression: amount_base}\n  - {name: spent_base, entity: card_id, aggregate: sum, of: amount_base, window: ever}\n");
        var refused = await ScoringProcess.RunAsync(cluster.Environment, "topology", "validate", file.FilePath);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("looks at amount_base, and", refused.Errors, StringComparison.Ordinal);

        var worlds = new DecidedWorlds(cluster, file.Folder, Payments);
        var rates = Path.Combine(file.Folder, "rates.yaml");
        var (first, second) = (await RatesAsync(worlds, 1), await RatesAsync(worlds, 7));
        await File.WriteAllTextAsync(rates, first.Text);
        await File.WriteAllTextAsync(file.FilePath, file.Text + "\nrates: rates.yaml\n");
        await ScoringProcess.SucceedAsync(cluster.Environment, "topics", "create", "--topology", file.FilePath);
        using var run = new RunningProcess(cluster.Environment, "run", "--topology", file.FilePath);
        using var http = await DecidedWorlds.ReadyAsync(run);
        await worlds.DecideAsync(http, seed: 1);
        var before = run.LineCount;
        await File.WriteAllTextAsync(rates, second.Text);
        await run.SaysAsync("lists are in force", before);
        await worlds.DecideAsync(http, seed: 2);
        await run.SignalAsync("INT");
        Assert.Equal(130, await run.EndsAsync());

        var decisions = (await worlds.DecisionsAsync()).ToDictionary(decision => decision.PaymentId);
        foreach (var (seed, by) in new[] { (1, first.By), (2, second.By) })
        {
            foreach (var payment in await RowsAsync(await worlds.TableAsync(seed)))
            {
                var minor = double.Parse(payment["amount_minor"], CultureInfo.InvariantCulture);
                Assert.True(CurrencyTable.TryFind(System.Text.Encoding.UTF8.GetBytes(payment["currency"]), out var currency));
                var expected = minor / Math.Pow(10, CurrencyTable.ExponentOf(currency)) / by[payment["currency"]];
                Assert.Equal(expected, FeatureOf(decisions[payment["payment_id"]], "in_base"), 0.000_051);
            }
        }

        var table = Path.Combine(file.Folder, "features.csv");
        await File.WriteAllTextAsync(rates, first.Text);
        await ScoringProcess.SucceedAsync(cluster.Environment, "backfill", "--features", features, "--payments", await worlds.TableAsync(1), "--rates", rates, "--output", table);
        foreach (var row in await RowsAsync(table))
        {
            Assert.Equal(double.Parse(row["spent_base"], CultureInfo.InvariantCulture), FeatureOf(decisions[row["payment_id"]], "spent_base"));
        }

        var unrated = await ScoringProcess.RunAsync(cluster.Environment, "backfill", "--features", features, "--payments", await worlds.TableAsync(1), "--output", table);
        Assert.Equal(2, unrated.ExitCode);
        Assert.Contains("--rates FILE", unrated.Errors, StringComparison.Ordinal);
    }

    private static double FeatureOf(DecisionRecord decision, string name) => Convert.ToDouble(decision.Features.Single(feature => feature.Key == name).Value, CultureInfo.InvariantCulture);

    /// <summary>A rate for each currency of the worlds.</summary>
    private static async Task<(string Text, Dictionary<string, double> By)> RatesAsync(DecidedWorlds worlds, int offset)
    {
        var rows = (await RowsAsync(await worlds.TableAsync(1))).Concat(await RowsAsync(await worlds.TableAsync(2)));
        var by = rows.Select(row => row["currency"]).Where(code => code != "EUR").Distinct().Order(StringComparer.Ordinal).Index().ToDictionary(code => code.Item, code => code.Index + offset + 0.5);
        Assert.True(by.Count > 1);
        var text = $"base: EUR\nrates: {{{string.Join(", ", by.Select(rate => string.Create(CultureInfo.InvariantCulture, $"{rate.Key}: {rate.Value}")))}}}\n";
        by["EUR"] = 1;
        return (text, by);
    }

    private static async Task<List<Dictionary<string, string>>> RowsAsync(string table)
    {
        var lines = await File.ReadAllLinesAsync(table);
        var names = lines[0].Split(',');
        return [.. lines.Skip(1).Select(line => names.Zip(line.Split(',')).ToDictionary(cell => cell.First, cell => cell.Second))];
    }
}
