using System.Globalization;
using System.IO.Compression;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// The handbook's lean features, against a computation that looks at all rows of a customer and of
/// a terminal for each payment.
/// </summary>
public sealed class LeanFeatureTests : IDisposable
{
    private const long Day = 86_400, Week = 7 * Day;
    private const int InputCount = 23;

    private readonly string _folder = Directory.CreateTempSubdirectory("lean").FullName;

    /// <param name="Second">Since the Unix epoch.</param>
    private sealed record Row(string Id, long Second, string Customer, string Terminal, long Cents, bool IsFraud)
    {
        public double Amount => Cents / 100.0;

        public double Mean { get; set; }

        public int GenuineCount { get; set; }

        public double Ratio => Amount / Mean;

        public bool IsUnusual => Ratio > 2.6 || Amount > 220;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SharedFact]
    public async Task The_lean_features_of_the_handbook_equal_a_count_from_scratch()
    {
        var topology = Path.Combine(SharedFolder.RepositoryRoot, "topology", "handbook");
        string[] tables = [.. new[] { "04", "05", "06" }.Select(month => SharedFolder.PathOf("data", "handbook", $"transactions-2018-{month}.csv.gz"))];
        var output = Path.Combine(_folder, "lean.csv");
        await ScoringProcess.SucceedAsync(
            new Dictionary<string, string> { ["SCORING_BROKERS"] = "127.0.0.1:9", ["SCORING_HTTP_PORT"] = "0" },
            ["backfill", "--features", Path.Combine(topology, "features-lean.yaml"), "--columns", Path.Combine(topology, "columns.yaml"), "--output", output, .. tables.SelectMany(table => new[] { "--payments", table })]);

        // Rows of one second are in the order of their ids.
        var rows = tables.SelectMany(Read).OrderBy(row => row.Second).ThenBy(row => long.Parse(row.Id, CultureInfo.InvariantCulture)).ToList();
        var customers = rows.GroupBy(row => row.Customer).ToDictionary(group => group.Key, group => group.ToList());
        var terminals = rows.GroupBy(row => row.Terminal).ToDictionary(group => group.Key, group => group.ToList());
        foreach (var customer in customers.Values)
        {
            foreach (var row in customer)
            {
                var genuine = customer.Where(other => !other.IsFraud && other.Second <= row.Second - Week).ToList();
                (row.Mean, row.GenuineCount) = (((genuine.Sum(other => other.Cents) / 100.0) + 106) / (genuine.Count + 2), genuine.Count);
            }
        }

        using var reader = new StreamReader(output);
        Assert.Equal(Names, (await reader.ReadLineAsync())!.Split(',')[1..(InputCount + 1)]);
        var from = rows[^1].Second - (6 * Day);
        var checkedCount = 0;
        foreach (var row in rows)
        {
            var cells = (await reader.ReadLineAsync())!.Split(',');
            Assert.Equal(row.Id, cells[0]);
            if (row.Second < from)
            {
                continue;
            }

            var expected = Expected(row, customers[row.Customer], terminals[row.Terminal]);
            for (var i = 0; i < InputCount; i++)
            {
                var actual = cells[i + 1].Length == 0 ? double.NaN : double.Parse(cells[i + 1], CultureInfo.InvariantCulture);
                // The largest ratio is one of those that were folded, to the millionth.
                var tolerance = Names[i] == "customer_ratio_max_14d" ? 1e-6 : 1e-9 + (1e-9 * Math.Abs(expected[i]));
                Assert.True(double.IsNaN(expected[i]) ? double.IsNaN(actual) : Math.Abs(expected[i] - actual) <= tolerance, $"{Names[i]} of payment {row.Id} is {actual}, expected {expected[i]}");
            }

            checkedCount++;
        }

        Assert.True(checkedCount > 50_000);
        Assert.Contains(rows, row => row.Second >= from && Expected(row, customers[row.Customer], terminals[row.Terminal])[19] > 0);
    }

    private static readonly string[] Names =
    [
        "tx_amount", "terminal_risk_1d", "terminal_risk_7d", "terminal_risk_28d", "terminal_risk_30d", "customer_ratio", "customer_mean", "customer_genuine_nb", "customer_ratio_30d",
        "customer_flags_3d", "customer_flags_7d", "customer_flags_14d", "customer_days_since_flag", "customer_ratio_max_14d", "customer_frauds_14d", "terminal_last_label", "terminal_fraud_run",
        "terminal_days_since_run", "terminal_days_since_genuine", "terminal_days_since_unexplained", "terminal_unexplained_7d", "terminal_unexplained_28d", "terminal_days_since_last_unexplained",
    ];

    /// <param name="customer">All rows of the customer, likewise of the terminal, in order.</param>
    private static double[] Expected(Row row, List<Row> customer, List<Row> terminal)
    {
        var earlier = customer.TakeWhile(other => !ReferenceEquals(other, row)).ToList();
        var flagged = earlier.Where(other => other.IsUnusual).ToList();
        var known = terminal.Where(other => other.Second <= row.Second - Week).ToList();
        var lastGenuine = known.FindLast(other => !other.IsFraud);
        var run = known.FindAll(other => lastGenuine is null || other.Second > lastGenuine.Second);
        var unexplained = known.Where(other => other.IsFraud && !other.IsUnusual).ToList();
        var recent = earlier.Where(other => other.Second > row.Second - (30 * Day)).ToList();
        return
        [
            row.Amount, Risk(1), Risk(7), Risk(28), Risk(30),
            row.Ratio, row.Mean, row.GenuineCount,
            recent.Count == 0 ? double.NaN : row.Amount / (1 + (recent.Sum(other => other.Cents) / (100.0 * recent.Count))),
            Flags(3), Flags(7), Flags(14),
            flagged.Count == 0 ? -1 : (row.Second - flagged[^1].Second) / (double)Day,
            earlier.Where(other => other.Second > row.Second - (14 * Day)).Select(other => other.Ratio).DefaultIfEmpty(-1).Max(),
            customer.Count(other => other.IsFraud && other.Second <= row.Second - Week && other.Second > row.Second - (21 * Day)),
            known.Count == 0 ? -1 : Math.Min(run.Count, 1),
            run.Count,
            DaysSince(run.FirstOrDefault()), DaysSince(lastGenuine), DaysSince(run.FirstOrDefault(other => !other.IsUnusual)),
            Unexplained(7), Unexplained(28),
            unexplained.Count == 0 ? -1 : (row.Second - unexplained[^1].Second) / (double)Day,
        ];

        double Risk(int days) => known.Where(other => other.Second > row.Second - Week - (days * Day)).Select(other => other.IsFraud ? 1.0 : 0).DefaultIfEmpty(0).Average();

        int Flags(int days) => flagged.Count(other => other.Second > row.Second - (days * Day));

        int Unexplained(int days) => unexplained.Count(other => other.Second > row.Second - Week - (days * Day));

        double DaysSince(Row? other) => other is null ? -1 : (row.Second / Day) - (other.Second / Day);
    }

    private static IEnumerable<Row> Read(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            var cells = line.Split(',');
            yield return new Row(
                cells[0], DateTimeOffset.Parse(cells[1], CultureInfo.InvariantCulture).ToUnixTimeSeconds(), cells[2], cells[3], long.Parse(cells[4], CultureInfo.InvariantCulture), cells[5] == "1");
        }
    }
}
