using System.Text;
using CsCheck;
using StreamScoring.Contracts;
using Query = StreamScoring.Tests.Features.WindowOracle.Query;

namespace StreamScoring.Tests.Features;

public sealed class FeatureEngineTests
{
    private const long Second = 1000;

    /// <summary>Features in YAML with the oracle's question beside each: windows of seconds, so that random events crowd their edges.</summary>
    private static readonly (string Yaml, Query Query)[] Cases = [.. BuildCases()];

    private static IEnumerable<(string, Query)> BuildCases()
    {
        static double? Amount(Payment payment) => payment.AmountMinor / (payment.Currency == "JPY" ? 1.0 : payment.Currency == "KWD" ? 1000 : 100);
        static double? Basket(Payment payment) => payment.Attributes is { } attributes && attributes.TryGetValue("basket", out var value) ? (double)value : null;
        static string? Card(Payment payment) => payment.CardId;
        static string? Merchant(Payment payment) => payment.MerchantId;
        static string? Pair(Payment payment) => payment.CardId is null || payment.MerchantId is null ? null : payment.CardId + "|" + payment.MerchantId;
        static bool Online(Payment payment) => Amount(payment) > 5 && payment.Channel == "online";

        const string where = "where: amount > 5 and channel == \"online\"";
        var aggregates = new[] { "sum", "mean", "min", "max", "stddev_population", "stddev_sample", "last", "previous", "zscore" };
        foreach (var aggregate in aggregates)
        {
            yield return ($"entity: card_id, aggregate: {aggregate}, of: amount, window: 10s", new(aggregate, Card, 10 * Second, Value: Amount));
            yield return ($"entity: card_id, aggregate: {aggregate}, of: attributes.basket, window: 7s, delay: 3s", new(aggregate, Card, 7 * Second, 3 * Second, Value: Basket));
            yield return ($"entity: merchant_id, aggregate: {aggregate}, of: amount, window: 20s, {where}", new(aggregate, Merchant, 20 * Second, Where: Online, Value: Amount));
            yield return ($"entity: card_id, aggregate: {aggregate}, of: amount, window: ever", new(aggregate, Card, Value: Amount));
            yield return ($"entity: card_id, aggregate: {aggregate}, of: amount, window: last 3, {where}", new(aggregate, Card, LastCount: 3, Where: Online, Value: Amount));
            yield return ($"entity: card_id, aggregate: {aggregate}, of: amount, window: 10s, exclude_current: true", new(aggregate, Card, 10 * Second, ExcludeCurrent: true, Value: Amount));
        }

        foreach (var aggregate in new[] { "count", "risk" })
        {
            yield return ($"entity: card_id, aggregate: {aggregate}, window: 10s", new(aggregate, Card, 10 * Second));
            yield return ($"entity: card_id, aggregate: {aggregate}, window: 5s, delay: 5s", new(aggregate, Card, 5 * Second, 5 * Second));
            yield return ($"entity: merchant_id, aggregate: {aggregate}, window: 20s, {where}", new(aggregate, Merchant, 20 * Second, Where: Online));
            yield return ($"entity: merchant_id, aggregate: {aggregate}, window: ever, delay: 2s", new(aggregate, Merchant, DelayMs: 2 * Second));
            yield return ($"entity: merchant_id, aggregate: {aggregate}, window: last 4", new(aggregate, Merchant, LastCount: 4));
            yield return ($"entity: [card_id, merchant_id], aggregate: {aggregate}, window: 15s, exclude_current: true", new(aggregate, Pair, 15 * Second, ExcludeCurrent: true));
        }

        foreach (var key in new[] { "card_id", "ip" })
        {
            Func<Payment, string?> of = key == "card_id" ? Card : payment => payment.Ip;
            yield return ($"entity: {key}, aggregate: distinct, of: merchant_id, window: 12s", new("distinct", of, 12 * Second, Distinct: Merchant));
            yield return ($"entity: {key}, aggregate: distinct, of: merchant_id, window: 12s, delay: 4s", new("distinct", of, 12 * Second, 4 * Second, Distinct: Merchant));
            yield return ($"entity: {key}, aggregate: distinct, of: merchant_id, window: 12s, {where}", new("distinct", of, 12 * Second, Where: Online, Distinct: Merchant));
            yield return ($"entity: {key}, aggregate: distinct, of: merchant_id, window: ever", new("distinct", of, Distinct: Merchant));
            yield return ($"entity: {key}, aggregate: distinct, of: attributes.basket, window: last 5", new("distinct", of, LastCount: 5, Distinct: payment => Basket(payment)?.ToString("R")));
            yield return ($"entity: {key}, aggregate: seconds_since_last", new("seconds_since_last", of));
            yield return ($"entity: {key}, aggregate: seconds_since_last, window: 6s, {where}", new("seconds_since_last", of, 6 * Second, Where: Online));
            yield return ($"entity: {key}, aggregate: decayed_count, half_life: 4s", new("decayed_count", of, HalfLifeMs: 4 * Second));
            yield return ($"entity: {key}, aggregate: decayed_sum, of: amount, half_life: 4s, window: 9s", new("decayed_sum", of, 9 * Second, HalfLifeMs: 4 * Second, Value: Amount));
        }
    }

    [Fact]
    public void Every_aggregate_and_window_equals_a_count_from_scratch_whatever_the_order_of_arrival() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[1, 120], Gen.Int[0, 3]).Sample((seed, count, mode) =>
        {
            var random = new Random(seed);
            var events = Events(random, count, lateness: mode switch { 0 => 0, 1 => 3, 2 => 30, _ => 120 });
            AssertEqualsOracle(events, Cases, batchRows: 1 + random.Next(50));
        }, iter: 150);

    [Fact]
    public void Long_histories_drop_what_no_window_sees_and_stay_exact() =>
        Gen.Int[0, 1_000_000].Sample(seed =>
        {
            // Lateness of the file: 7 d by default, here none, so that trimming begins at once.
            var random = new Random(seed);
            var finite = Cases.Where(item => !item.Yaml.Contains("ever", StringComparison.Ordinal) || !item.Yaml.Contains("distinct", StringComparison.Ordinal)).ToArray();
            AssertEqualsOracle(Events(random, 400, lateness: 0, keys: 1), finite, batchRows: 33, "lateness: 0s\n");
        }, iter: 12);

    [Fact]
    public void Events_that_no_window_can_see_are_given_up()
    {
        var harness = new FeatureHarness("version: 1\nlateness: 0s\nfeatures:\n  - {name: f, entity: card_id, aggregate: sum, of: amount, window: 10s}\n");
        harness.Fold(Enumerable.Range(0, 10_000).Select(i => NewPayment(i, 1_000_000 + (i * Second), "c-1")));
        Assert.True(harness.Engine.CountEvents() < 64, $"{harness.Engine.CountEvents()} events are kept");
    }

    [Fact]
    public void Folding_in_steady_state_allocates_nothing_per_payment()
    {
        var yaml = new StringBuilder("version: 1\nlateness: 0s\nfeatures:\n");
        for (var i = 0; i < Cases.Length; i++)
        {
            if (!Cases[i].Yaml.Contains("ever", StringComparison.Ordinal))
            {
                yaml.AppendLine($"  - {{name: f{i}, {Cases[i].Yaml}}}");
            }
        }

        var file = StreamScoring.Features.FeatureFile.Parse("f.yaml", yaml.ToString());
        var engine = new StreamScoring.Features.FeatureEngine(file);
        var decoder = new StreamScoring.Ingest.RecordDecoder(file.Layout, new StreamScoring.Ingest.IngestLimits(), TestBatch.Logs);
        var batch = new StreamScoring.Batches.PaymentBatch(file.Layout, 64, 64 * 1024);
        for (var i = 0; i < 64; i++)
        {
            var json = $$"""{"payment_id":"p-{{i}}","event_time":{{1_000_000 + i}},"amount_minor":{{i}},"currency":"EUR","card_id":"c-{{i % 4}}","merchant_id":"m-1"}""";
            batch.Append(TestBatch.Payments, i, TestBatch.LogTimestampMs, decide: true, Encoding.UTF8.GetBytes(json), int.MaxValue);
        }

        decoder.Decode(batch);
        for (var round = 0; round < 200; round++)
        {
            Advance(batch);
            engine.Enrich(batch);
        }

        Advance(batch);
        var before = GC.GetAllocatedBytesForCurrentThread();
        engine.Enrich(batch);
        // One small object per batch is let pass; anything per payment would be at least 24 bytes for each of them.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 24);

        static void Advance(StreamScoring.Batches.PaymentBatch batch)
        {
            for (var i = 0; i < batch.RowCount; i++)
            {
                batch.EventTimeMs[i] += 5000;
            }
        }
    }

    private static void AssertEqualsOracle(List<object> events, (string Yaml, Query Query)[] cases, int batchRows, string head = "")
    {
        var yaml = new StringBuilder($"version: 1\n{head}features:\n");
        for (var i = 0; i < cases.Length; i++)
        {
            yaml.AppendLine($"  - {{name: f{i}, {cases[i].Yaml}}}");
        }

        var actual = new FeatureHarness(yaml.ToString(), batchRows).Fold(events);
        var oracle = new WindowOracle();
        var queries = cases.Select(item => item.Query).ToList();
        var index = 0;
        foreach (var item in events)
        {
            if (item is Label label)
            {
                oracle.Fold(label);
                continue;
            }

            var expected = oracle.Fold((Payment)item, queries);
            for (var i = 0; i < cases.Length; i++)
            {
                Assert.True(AreClose(expected[i], actual[index][i]), $"{cases[i].Yaml}: payment {index} is {actual[index][i]}, expected {expected[i]}");
            }

            index++;
        }
    }

    private static bool AreClose(double expected, double actual) =>
        double.IsNaN(expected) || double.IsNaN(actual)
            ? double.IsNaN(expected) == double.IsNaN(actual)
            : Math.Abs(expected - actual) <= 1e-9 + (1e-9 * Math.Abs(expected));

    /// <summary>Few keys, few distinct times, ties, late payments, missing keys and values, labels before, after and again.</summary>
    private static List<object> Events(Random random, int count, int lateness, int keys = 3)
    {
        var events = new List<object>();
        var clock = 10_000L;
        var payments = new List<Payment>();
        for (var i = 0; i < count; i++)
        {
            clock += random.Next(3);
            var payment = NewPayment(
                i, (clock - random.Next(lateness + 1)) * Second, random.Next(10) == 0 ? null : $"c-{random.Next(keys)}") with
            {
                AmountMinor = random.Next(4) * 333,
                Currency = random.Next(6) switch { 0 => "JPY", 1 => "KWD", _ => "EUR" },
                MerchantId = random.Next(10) == 0 ? null : $"m-{random.Next(keys)}",
                Ip = $"i-{random.Next(keys)}",
                Channel = random.Next(3) switch { 0 => null, 1 => "online", _ => "pos" },
                Attributes = random.Next(3) == 0 ? null : new Dictionary<string, object> { ["basket"] = random.Next(4) / 4.0 },
            };
            payments.Add(payment);
            if (random.Next(8) == 0)
            {
                events.Add(LabelOf(payment, random));
            }

            events.Add(payment);
            if (random.Next(3) == 0)
            {
                events.Add(LabelOf(payments[random.Next(payments.Count)], random));
            }
        }

        return events;
    }

    private static Payment NewPayment(int i, long timeMs, string? card) => new()
    {
        PaymentId = $"p-{i}",
        EventTimeMs = timeMs,
        AmountMinor = 100,
        Currency = "EUR",
        CardId = card,
        Ip = "i-1",
    };

    private static Label LabelOf(Payment payment, Random random) => new()
    {
        PaymentId = payment.PaymentId,
        EventTimeMs = payment.EventTimeMs,
        KnownAtMs = payment.EventTimeMs + random.Next(4),
        Fraud = random.Next(2) == 0,
        CardId = payment.CardId,
        MerchantId = payment.MerchantId,
        Ip = payment.Ip,
    };
}
