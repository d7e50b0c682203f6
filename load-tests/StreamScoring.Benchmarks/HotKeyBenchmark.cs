using System.Diagnostics;
using System.Text;
using System.Text.Json;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Identity;

namespace StreamScoring.Benchmarks;

/// <summary>
/// What one more event costs a key that has 10^3 .. 10^6 of them: in order, late, and a label; each
/// with a value never seen before in the distinct columns, which is the dearest. Every payment is
/// read back.
/// </summary>
internal static class HotKeyBenchmark
{
    private const int BatchRows = 64, SpacingMs = 500, LateMs = 3_600_000;

    private const string Features =
        """
          - {name: count_7d, entity: merchant_id, aggregate: count, window: 7d}
          - {name: mean_1h, entity: merchant_id, aggregate: mean, of: amount, window: 1h}
          - {name: max_24h, entity: merchant_id, aggregate: max, of: amount, window: 24h}
          - {name: cards_24h, entity: merchant_id, aggregate: distinct, of: card_id, window: 24h}
          - {name: cards_ever, entity: merchant_id, aggregate: distinct, of: card_id, window: ever}
          - {name: risk_7d, entity: merchant_id, aggregate: risk, window: 7d, delay: 1d}
        """;

    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var (eventsMax, exact) = (options.Integer("events", 1_000_000), options.Integer("exact-events", 4096));
        var file = FeatureFiles.Parse("hot", $"version: 1\nlateness: 1d\nexact_events: {exact}\nfeatures:\n{Features}");
        var engine = new FeatureEngine(file);
        var batch = PaymentBatches.New(file.Layout, BatchRows);
        batch.Text(TextField.MerchantId).Hash.AsSpan().Fill(IdentityHash.Development.Of(Encoding.ASCII.GetBytes("m-1")));
        var (timeMs, number, reported) = (1_700_000_000_000L, 0, new List<object>());
        for (var events = 1000; events <= eventsMax; events *= 10)
        {
            while (number < events - 2048)
            {
                Fill(batch, ref timeMs, ref number, lateMs: 0, isLabel: false);
                engine.Enrich(batch);
            }

            var inOrder = Measure(engine, batch, ref timeMs, ref number, lateMs: 0, isLabel: false);
            var late = Measure(engine, batch, ref timeMs, ref number, LateMs, isLabel: false);
            var label = Measure(engine, batch, ref timeMs, ref number, LateMs, isLabel: true);
            reported.Add(new { events, ns_in_order = inOrder, ns_late = late, ns_label = label, bytes = engine.Sizes.Sum(size => size.Bytes) });
            Console.Error.WriteLine($"{events} events: {inOrder:0} ns in order, {late:0} ns late by an hour, {label:0} ns a label");
        }

        Console.WriteLine(JsonSerializer.Serialize(new { benchmark = "hot", exact_events = exact, features = 6, at = reported }));
        return 0;
    }

    private static double Measure(FeatureEngine engine, PaymentBatch batch, ref long timeMs, ref int number, int lateMs, bool isLabel)
    {
        const int batches = 10;
        var ticks = 0L;
        for (var i = 0; i < batches; i++)
        {
            Fill(batch, ref timeMs, ref number, lateMs, isLabel);
            var started = Stopwatch.GetTimestamp();
            engine.Enrich(batch);
            ticks += Stopwatch.GetTimestamp() - started;
        }

        return ticks * (1e9 / Stopwatch.Frequency) / (batches * BatchRows);
    }

    private static void Fill(PaymentBatch batch, ref long timeMs, ref int number, int lateMs, bool isLabel)
    {
        for (var row = 0; row < BatchRows; row++)
        {
            number++;
            timeMs += SpacingMs;
            batch.WatermarkMs[row] = timeMs;
            batch.EventTimeMs[row] = timeMs - lateMs;
            batch.Kind[row] = isLabel ? RowKind.Label : RowKind.Payment;
            batch.Decide[row] = !isLabel;
            batch.DecideRows[row] = row;
            (batch.Fraud[row], batch.KnownAtMs[row]) = (true, timeMs);
            batch.AmountMinor[row] = number % 10_000;
            batch.Text(TextField.PaymentId).Hash[row] = IdentityHash.Development.Of(BitConverter.GetBytes(number));
            batch.Text(TextField.CardId).Hash[row] = IdentityHash.Development.Of(BitConverter.GetBytes(-number));
        }

        batch.DecideCount = isLabel ? 0 : BatchRows;
    }
}
