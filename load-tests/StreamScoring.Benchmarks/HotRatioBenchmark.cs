using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Identity;

namespace StreamScoring.Benchmarks;

/// <summary>
/// What a payment of a hot key costs, divided by what one of a cold key costs: folded and read, in
/// batches that alternate in one run. A hot key has just under <c>exact_events</c> rows; cold ones
/// have a few each and are so many that hardly one is in the cache. Time is the thread's CPU time.
/// </summary>
internal static class HotRatioBenchmark
{
    private const int BatchRows = 64, ColdKeys = 100_000, ColdPayments = 3 * ColdKeys, HotRows = 3900, HotKeys = 12, Batches = 2, SpacingMs = 500, TiledRows = 20_000;

    private static readonly TextField[] All = [TextField.CardId, TextField.CustomerId, TextField.MerchantId, TextField.TerminalId, TextField.DeviceId, TextField.Ip];

    private static readonly string[] Aggregates =
    [
        "aggregate: count, window: 7d", "aggregate: sum, of: amount, window: 7d", "aggregate: mean, of: attributes.basket, window: 7d",
        "aggregate: stddev_sample, of: amount, window: 7d", "aggregate: zscore, of: amount, window: ever", "aggregate: min, of: amount, window: 20m",
        "aggregate: max, of: amount, window: 7d", "aggregate: distinct, of: card_id, window: 20m", "aggregate: distinct, of: card_id, window: 7d",
        "aggregate: distinct, of: card_id, window: 20m, delay: 5m", "aggregate: last, of: amount, where: amount > 1000000", "aggregate: seconds_since_last, where: amount > 1000000",
        "aggregate: max, of: amount, window: last 1000", "aggregate: count, window: 20m, where: amount > 50", "aggregate: decayed_count, half_life: 10m",
        "aggregate: decayed_sum, of: amount, half_life: 10m, window: 20m", "aggregate: risk, window: 20m, delay: 1m",
    ];

    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var reported = new List<object>();
        foreach (var path in options.Texts("features") is { Count: > 0 } files ? files : ["topology/generated/features.yaml", "topology/handbook/features.yaml"])
        {
            var file = FeatureFiles.Load(path);
            foreach (var (name, hot) in new[]
            {
                ("device and address", new[] { TextField.DeviceId, TextField.Ip }), ("merchant and terminal", [TextField.MerchantId, TextField.TerminalId]),
                ("card and customer", [TextField.CardId, TextField.CustomerId]), ("all", All),
            })
            {
                Report(reported, path, name, file, hot);
            }
        }

        foreach (var aggregate in Aggregates)
        {
            Report(reported, aggregate, "device", FeatureFiles.Parse("hot", $"version: 1\nfeatures:\n  - {{name: f, entity: device_id, {aggregate}}}\n".Replace("entity: device_id, aggregate: risk", "entity: terminal_id, aggregate: risk", StringComparison.Ordinal)), All);
        }

        Console.WriteLine(JsonSerializer.Serialize(new { benchmark = "hot-ratio", hot_rows = HotRows, at = reported }));
        return 0;
    }

    private static void Report(List<object> reported, string what, string hot, FeatureFile file, TextField[] fields)
    {
        var cold = new List<double>();
        var (inOrder, late, same, tiled) = (Measure(file, fields, HotRows, 0, cold), Measure(file, fields, HotRows, HotRows * SpacingMs / 2, cold),
            Measure(file, fields, HotRows, -1, cold), Measure(file, fields, TiledRows, 0, cold));
        var coldNs = cold.Order().ElementAt(cold.Count / 2);
        reported.Add(new
        {
            what,
            hot,
            cold_ns = Math.Round(coldNs),
            in_order = Statistics.Rounded(inOrder / coldNs),
            late = Statistics.Rounded(late / coldNs),
            same_time = Statistics.Rounded(same / coldNs),
            tiled = Statistics.Rounded(tiled / coldNs),
        });
        Console.Error.WriteLine($"{what} ({hot}): cold {coldNs:0} ns, hot {inOrder / coldNs:0.0} times, late {late / coldNs:0.0}, all of one time {same / coldNs:0.0}, with tiles {tiled / coldNs:0.0}");
    }

    /// <param name="lateMs">How late each measured payment is; -1: all payments of a hot key have
    /// one event time.</param>
    /// <returns>Nanoseconds of a payment of a hot key: the median over batches.</returns>
    private static double Measure(FeatureFile file, TextField[] hot, int hotRows, int lateMs, List<double> cold)
    {
        var engine = new FeatureEngine(file);
        var batch = PaymentBatches.New(file.Layout, BatchRows);
        var (random, number, timeMs) = (new Random(1), 0, 1_700_000_000_000L);
        // The cold ones spread over the time in which a hot key fills.
        for (var filled = 0; filled < ColdPayments; filled += BatchRows)
        {
            Fill(key: -1, lateMs: 0, (long)hotRows * SpacingMs / ColdPayments);
            engine.Enrich(batch);
        }

        var times = new List<double>();
        for (var key = 0; key < HotKeys; key++)
        {
            timeMs = 1_700_000_000_000L;
            for (var row = 0; row < hotRows; row += BatchRows)
            {
                Fill(key, lateMs: Math.Min(lateMs, 0), SpacingMs);
                engine.Enrich(batch);
            }

            for (var i = 0; i < Batches; i++)
            {
                Fill(-1, lateMs: 0, 0);
                cold.Add(Time());
                Fill(key, lateMs, SpacingMs);
                times.Add(Time());
            }
        }

        return times.Order().ElementAt(times.Count / 2);

        double Time()
        {
            var startedNs = ThreadClock.NowNs();
            engine.Enrich(batch);
            return (ThreadClock.NowNs() - startedNs) / (double)BatchRows;
        }

        void Fill(int key, long lateMs, long spacingMs)
        {
            for (var row = 0; row < BatchRows; row++)
            {
                number++;
                timeMs += spacingMs;
                batch.WatermarkMs[row] = timeMs;
                batch.EventTimeMs[row] = lateMs < 0 ? 1_700_000_000_000L : timeMs - lateMs;
                batch.AmountMinor[row] = random.Next(10_000);
                batch.Text(TextField.PaymentId).Hash[row] = HashOf(number, 0);
                foreach (var field in All)
                {
                    // Values of hot keys come again, half of them; the others are new.
                    batch.Text(field).Hash[row] = key >= 0 && hot.Contains(field) ? HashOf(-1 - key, field)
                        : key >= 0 ? HashOf(random.Next(2) == 0 ? random.Next(500) : 1_000_000 + number, field)
                        : HashOf(random.Next(ColdKeys), field);
                }

                if (file.Layout.AttributeNames.Count > 0)
                {
                    batch.Attribute(0).Number[row] = random.Next(100);
                }
            }
        }
    }

    private static UInt128 HashOf(int number, TextField field) => IdentityHash.Development.Of(BitConverter.GetBytes(((long)field << 32) + number));
}
