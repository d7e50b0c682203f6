using System.Globalization;
using System.Text.Json;
using DuckDB.NET.Data;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// What <c>rules backtest</c> counts is what SQL counts over the backfilled features.
/// </summary>
public sealed class RuleBacktestTests : IDisposable
{
    private const int Rules = 100;

    private static readonly string[] Features =
    [
        "tx_amount", "is_weekend", "is_night", "customer_nb_tx_1d", "customer_avg_amount_1d", "customer_nb_tx_7d", "customer_avg_amount_7d",
        "terminal_nb_tx_1d", "terminal_risk_1d", "terminal_nb_tx_7d", "terminal_risk_7d", "terminal_risk_30d",
    ];

    private static readonly double[] Bounds = [0, 0.1, 0.5, 1, 2, 3, 5, 10, 30, 60, 100, 200];

    private readonly string _folder = Directory.CreateTempSubdirectory("backtest").FullName;

    [SharedFact]
    public async Task A_hundred_rules_over_two_months_count_what_SQL_counts()
    {
        string[] tables = [.. new[] { "2018-04", "2018-05" }.Select(month => SharedFolder.PathOf("data", "handbook", $"transactions-{month}.csv.gz"))];
        const string handbook = "topology/handbook";
        var random = new Random(7);
        var conditions = Enumerable.Range(0, Rules).Select(_ => Condition(random, depth: 2)).ToList();
        var file = Path.Combine(_folder, "rules.txt");
        await File.WriteAllLinesAsync(file, conditions.Select((condition, i) => $"{(i % 10 == 9 ? "shadow " : "")}review rule_{i} when {condition}"));
        var (features, decided) = (Path.Combine(_folder, "features.parquet"), Path.Combine(_folder, "decided.csv"));
        await ScoringProcess.SucceedAsync(
            NoEnvironment, ["backfill", "--features", $"{handbook}/features.yaml", "--columns", $"{handbook}/columns.yaml", "--payments", .. tables, "--label-column", "fraud", "--output", features]);
        var said = await ScoringProcess.SucceedAsync(
            NoEnvironment, ["rules", "backtest", file, "--topology", $"{handbook}/topology.yaml", "--columns", $"{handbook}/columns.yaml", "--payments", .. tables, "--json", "--output", decided]);
        using var summary = JsonDocument.Parse(said.Output);
        using var sql = new DuckDBConnection("DataSource=:memory:");
        sql.Open();
        Execute(sql, $"CREATE VIEW p AS SELECT payment_id, fraud, {string.Join(", ", Features.Select(name => $"CASE WHEN isnan({name}) THEN NULL ELSE {name} END AS {name}"))} FROM read_parquet('{features}')");
        var live = string.Join(" + ", conditions.Select((condition, i) => i % 10 == 9 ? null : $"CASE WHEN {condition} THEN 1 ELSE 0 END").OfType<string>());
        Execute(sql, $"CREATE TABLE q AS SELECT *, {live} AS live, CAST(round(tx_amount * 100) AS BIGINT) AS minor FROM p");

        var root = summary.RootElement;
        Assert.Equal(Number(sql, "SELECT count(*) FROM q"), root.GetProperty("payments").GetInt64());
        var frauds = Number(sql, "SELECT count(*) FROM q WHERE fraud = 1");
        Assert.Equal(frauds, root.GetProperty("frauds").GetInt64());
        Assert.True(frauds > 1000);
        var rules = root.GetProperty("rules").EnumerateArray().ToList();
        for (var i = 0; i < Rules; i++)
        {
            var alone = i % 10 == 9 ? 0 : 1;
            var expected = $"rule_{i} {Number(sql, $"SELECT count(*) FROM q WHERE {conditions[i]}")} {Number(sql, $"SELECT count(*) FROM q WHERE fraud = 1 AND ({conditions[i]})")} "
                + $"{Number(sql, $"SELECT count(*) FROM q WHERE fraud = 1 AND live = {alone} AND ({conditions[i]})")} "
                + $"{Number(sql, $"SELECT CAST(coalesce(sum(minor), 0) AS BIGINT) FROM q WHERE fraud = 1 AND ({conditions[i]})")} {Number(sql, $"SELECT CAST(coalesce(sum(minor), 0) AS BIGINT) FROM q WHERE fraud IS DISTINCT FROM 1 AND ({conditions[i]})")}";
            var rule = rules[i];
            Assert.Equal(expected, $"{rule.GetProperty("rule").GetString()} {rule.GetProperty("hits")} {rule.GetProperty("frauds")} {rule.GetProperty("unique_frauds")} {Amount(rule, "fraud_amount_minor")} {Amount(rule, "genuine_amount_minor")}");
        }

        // Rules that fire for some payments and not for others, or the comparison says little.
        Assert.True(rules.Count(rule => rule.GetProperty("hits").GetInt64() is > 0 and var hits && hits < root.GetProperty("payments").GetInt64()) > Rules / 2);
        Execute(sql, $"CREATE VIEW d AS SELECT * FROM read_csv('{decided}', all_varchar = true)");
        Assert.Equal(0, Number(sql, "SELECT count(*) FROM d JOIN q USING (payment_id) WHERE (q.live > 0) <> (d.decided_by LIKE 'rules/%') OR q.live <> CASE WHEN coalesce(d.rules, '') = '' THEN 0 ELSE len(string_split(d.rules, ';')) END"));
        Assert.Equal(root.GetProperty("payments").GetInt64(), Number(sql, "SELECT count(*) FROM d"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static readonly Dictionary<string, string> NoEnvironment = [];

    /// <summary>In the words that both languages have.</summary>
    private static string Condition(Random random, int depth)
    {
        var form = random.Next(depth == 0 ? 4 : 7);
        return form switch
        {
            4 => $"({Condition(random, depth - 1)} and {Condition(random, depth - 1)})",
            5 => $"({Condition(random, depth - 1)} or {Condition(random, depth - 1)})",
            6 => $"not ({Condition(random, depth - 1)})",
            3 => $"{Feature(random)} between {Bound(random)} and {Bound(random)} + {Bound(random)}",
            2 => $"{Feature(random)} > {Bound(random)} * {Feature(random)}",
            _ => $"{Feature(random)} {(random.Next(4) switch { 0 => ">", 1 => ">=", 2 => "<", _ => "<=" })} {Bound(random)}",
        };
    }

    private static string Feature(Random random) => Features[random.Next(Features.Length)];

    private static string Bound(Random random) => Bounds[random.Next(Bounds.Length)].ToString(CultureInfo.InvariantCulture);

    private static string Amount(JsonElement rule, string name) => rule.GetProperty(name).TryGetProperty("EUR", out var amount) ? amount.ToString() : "0";

    private static void Execute(DuckDBConnection sql, string text)
    {
        using var command = sql.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private static long Number(DuckDBConnection sql, string text)
    {
        using var command = sql.CreateCommand();
        command.CommandText = text;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
