using System.Text;
using CsCheck;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Tests.State;

namespace StreamScoring.Tests.Features;

public sealed class TileTests
{
    /// <summary>
    /// All aggregates; and a long window for each entity, so that a tile is some 8 s wide and holds
    /// many events.
    /// </summary>
    private static readonly (string Yaml, WindowOracle.Query Query)[] Cases =
    [
        .. FeatureCases.All,
        ("entity: card_id, aggregate: count, window: 2000s", new("count", payment => payment.CardId, 2000 * RandomEvents.Second)),
        ("entity: card_id, aggregate: decayed_sum, of: amount, half_life: 500s, window: 2000s",
            new("decayed_sum", payment => payment.CardId, 2000 * RandomEvents.Second, HalfLifeMs: 500 * RandomEvents.Second, Value: Amount)),
        ("entity: merchant_id, aggregate: mean, of: attributes.basket, window: 2000s",
            new("mean", payment => payment.MerchantId, 2000 * RandomEvents.Second, Value: payment => payment.Attributes is { } a ? (double)a["basket"] : null)),
        ("entity: merchant_id, aggregate: min, of: amount, window: 100s", new("min", payment => payment.MerchantId, 100 * RandomEvents.Second, Value: Amount)),
        ("entity: merchant_id, aggregate: risk, window: 100s", new("risk", payment => payment.MerchantId, 100 * RandomEvents.Second)),
        ("entity: ip, aggregate: count, window: 2000s", new("count", payment => payment.Ip, 2000 * RandomEvents.Second)),
        ("entity: ip, aggregate: max, of: amount, window: 60s, delay: 50s", new("max", payment => payment.Ip, 60 * RandomEvents.Second, 50 * RandomEvents.Second, Value: Amount)),
        ("entity: ip, aggregate: sum, of: amount, window: 90s", new("sum", payment => payment.Ip, 90 * RandomEvents.Second, Value: Amount)),
    ];

    /// <summary>
    /// Feature files in which any order gives the same digest. Where an event can come so late that
    /// windows have left it behind, features of the last n are left out: which are the last n is
    /// then a matter of order, with tiles or without.
    /// </summary>
    private static readonly (string Head, (string Yaml, WindowOracle.Query Query)[] Cases)[] Orders =
    [
        ("lateness: 7d\n", Cases),
        ("lateness: 40s\n", Cases),
        ("lateness: 40s\n", [.. Cases.Where(item => LooksAtTimes(item.Query))]),
        ("lateness: 5s\n", [.. Cases.Where(item => LooksAtTimes(item.Query) && item.Query.SizeMs < 50 * RandomEvents.Second)]),
        ("lateness: 0s\n", [.. Cases.Where(item => LooksAtTimes(item.Query) && item.Query.SizeMs < 50 * RandomEvents.Second)]),
        ("lateness: 5s\n", [.. Cases.Where(item => LooksAtTimes(item.Query) && item.Query is { SizeMs: < 50 * RandomEvents.Second } && item.Query.Aggregate is "count" or "sum" or "distinct")]),
    ];

    private static readonly string Yaml = YamlOf("lateness: 40s\nexact_events: 16\n", Cases);

    /// <summary>So many payments of one key or two: each has many rows.</summary>
    private static Gen<List<object>> FewKeys(int payments, int latenessMax) =>
        Gen.OneOf(RandomEvents.Lists(payments, payments, latenessMax, keys: 1), RandomEvents.Lists(payments, payments, latenessMax, keys: 2));

    [Fact]
    public void Features_of_hot_keys_are_exact_or_within_the_bound_that_they_state()
    {
        var (exact, bounded, unbounded) = (0L, 0L, 0L);
        Gen.Select(Gen.OneOf([.. new[] { 0, 5, 30 }.Select(late => FewKeys(300, late))]), Gen.Int[1, 50]).Sample((events, batchRows) =>
        {
            var harness = new FeatureHarness(Yaml, batchRows);
            var actual = harness.Fold(events);
            var oracle = new WindowOracle();
            var queries = Cases.Select(item => item.Query).ToList();
            var index = -1;
            foreach (var item in events)
            {
                if (item is Label label)
                {
                    oracle.Fold(label);
                    continue;
                }

                index++;
                var expected = oracle.Fold((Payment)item, queries);
                for (var i = 0; i < Cases.Length; i++)
                {
                    var (value, bound) = (actual[index][i], harness.Bounds[index][i]);
                    var isRight = bound == 0 ? FeatureEngineTests.AreClose(expected[i], value)
                        : double.IsNaN(bound) || Math.Abs(expected[i] - value) <= bound + 1e-9;
                    Assert.True(isRight, $"{Cases[i].Yaml}: payment {index} is {value} ± {bound}, expected {expected[i]}");
                    if (Cases[i].Query is { Label: not null } or { Aggregate: "fraud_run" or "seconds_since_fraud_run" })
                    {
                        // Of these nothing is told among tiles.
                        continue;
                    }

                    Interlocked.Increment(ref bound == 0 ? ref exact : ref double.IsNaN(bound) ? ref unbounded : ref bounded);
                }
            }
        }, iter: 60);
        // Most is exact, some is not, and of most of that the bound is known.
        Assert.True(exact > 4 * (bounded + unbounded) && bounded > unbounded && bounded > 10_000, $"{exact} exact, {bounded} bounded, {unbounded} not");
    }

    [Fact]
    public void A_state_with_tiles_that_is_restored_at_any_point_goes_on_as_if_nothing_had_happened() =>
        Gen.Select(FewKeys(250, 29), Gen.Int[0, 1_000_000]).Sample((events, place) =>
        {
            var cut = place % events.Count;
            var (whole, before, after) = (new FeatureHarness(Yaml), new FeatureHarness(Yaml), new FeatureHarness(Yaml));
            var expected = whole.Fold(events);
            var actual = before.Fold(events[..cut]);
            CollectedState.Restore(after.State, CollectedState.Of(before.State).ToFile(before.Engine));
            actual.AddRange(after.Fold(events[cut..]));
            Assert.Equal(expected, actual);
            Assert.Equal(whole.Bounds, [.. before.Bounds, .. after.Bounds]);
            Assert.Equal(CollectedState.DigestOf(whole.State), CollectedState.DigestOf(after.State));
        }, iter: 60);

    [Fact]
    public void A_copy_holds_the_tiles_of_the_moment_it_began() =>
        Gen.Select(RandomEvents.Lists(250, 250, latenessMax: 29, keys: 3), Gen.Int[0, 1_000_000]).Sample((events, schedule) =>
        {
            var random = new Random(schedule);
            var cut = random.Next(events.Count);
            var (harness, until) = (new FeatureHarness(Yaml, 1 + random.Next(8)), new FeatureHarness(Yaml));
            until.Fold(events[..cut]);
            harness.Fold(events[..cut]);
            var copy = CollectedState.WhileFolding(harness, events[cut..], random);
            Assert.Equal(CollectedState.DigestOf(until.State), copy.Digest(harness.Engine));
        }, iter: 40);

    /// <summary>
    /// Logs that run ahead of each other by any number of events compact others, at other times,
    /// and read others late: neither shows in the digest, nor whether anything was compacted.
    /// </summary>
    [Fact]
    public void Equal_logs_give_equal_digests_however_they_are_interleaved_and_whatever_was_compacted()
    {
        var compacted = 0;
        Gen.Select(RandomEvents.Lists(20, 400, latenessMax: 29, keys: 3), Gen.Int[0, Orders.Length - 1], Gen.Int[0, 1_000_000]).Sample((events, order, schedule) =>
        {
            var random = new Random(schedule);
            var logs = Interleaving.Split(events, random);
            var (head, cases) = Orders[order];
            var harnesses = new[] { 16, 16, 40, 8192 }.Select(exact => new FeatureHarness(YamlOf($"{head}exact_events: {exact}\n", cases), 1 + random.Next(40))).ToList();
            foreach (var harness in harnesses)
            {
                harness.FoldAt(Interleaving.Of(logs, random, inOrder: false));
                Interlocked.Add(ref compacted, harness.Bounds.Exists(bounds => bounds.Any(bound => bound != 0)) ? 1 : 0);
            }

            Assert.Single(harnesses.Select(harness => CollectedState.DigestOf(harness.State)).Distinct());
        }, iter: 200);
        Assert.True(compacted > 100, $"{compacted}");
    }

    [Fact]
    public void A_state_with_tiles_is_another_once_one_more_late_event_or_label_is_in_it()
    {
        var harness = new FeatureHarness(Yaml);
        harness.Fold(Enumerable.Range(0, 200).Select(i => (object)RandomEvents.NewPayment(i, 1_000_000 + (i * 100), "c-1")));
        var digests = new HashSet<UInt128> { CollectedState.DigestOf(harness.State) };
        foreach (var item in new object[]
        {
            RandomEvents.NewPayment(200, 1_005_050, "c-1"),
            new Label { PaymentId = "p-3", EventTimeMs = 1_000_300, KnownAtMs = 5, Fraud = true, CardId = "c-1" },
            new Label { PaymentId = "p-3", EventTimeMs = 1_000_300, KnownAtMs = 6, Fraud = false, CardId = "c-1" },
        })
        {
            harness.Fold([item]);
            Assert.True(digests.Add(CollectedState.DigestOf(harness.State)));
        }
    }

    [Fact]
    public void A_payment_that_lies_in_a_tile_can_be_decided_again_and_says_that_it_is_approximate()
    {
        var harness = new FeatureHarness(Yaml);
        var events = Enumerable.Range(0, 200).Select(i => (object)RandomEvents.NewPayment(i, 1_000_000 + (i * 100), "c-1")).ToList();
        harness.Fold(events);
        var digest = CollectedState.DigestOf(harness.State);
        harness.Bounds.Clear();
        harness.FoldAt([(TestBatch.Payments, 100, events[100])]);
        Assert.Contains(harness.Bounds.Single(), bound => bound != 0);
        Assert.Equal(digest, CollectedState.DigestOf(harness.State));
    }

    [Fact]
    public void Labels_of_compacted_payments_count_once_and_the_later_known_one_holds()
    {
        var harness = new FeatureHarness(
            "version: 1\nexact_events: 16\nfeatures:\n  - {name: risk, entity: card_id, aggregate: risk, window: 30d}\n  - {name: ever, entity: card_id, aggregate: risk, window: ever}\n");
        harness.Fold(Enumerable.Range(0, 100).Select(i => (object)RandomEvents.NewPayment(i, 1_000_000 + (i * 100), "c-1")));
        Label LabelOf(int payment, bool fraud, long knownAt) =>
            new() { PaymentId = $"p-{payment}", EventTimeMs = 1_000_000 + (payment * 100), KnownAtMs = knownAt, Fraud = fraud, CardId = "c-1" };
        harness.Fold([LabelOf(3, true, 5), LabelOf(3, true, 6), LabelOf(4, true, 5), LabelOf(4, false, 7), LabelOf(4, true, 6), LabelOf(5, false, 9), LabelOf(5, true, 8), LabelOf(95, true, 1)]);
        var risks = harness.Fold([RandomEvents.NewPayment(100, 1_010_000, "c-1")]).Single();
        Assert.Equal([2 / 101.0, 2 / 101.0], risks);
        Assert.Equal([0.0, 0.0], harness.Bounds[^1]);
    }

    [Fact]
    public void A_label_whose_payment_is_not_there_counts_once_the_payment_comes_and_not_before()
    {
        var harness = new FeatureHarness("version: 1\nexact_events: 16\nfeatures:\n  - {name: risk, entity: card_id, aggregate: risk, window: ever}\n");
        harness.Fold(Enumerable.Range(0, 100).Select(i => (object)RandomEvents.NewPayment(i, 1_000_000 + (i * 100), "c-1")));
        var label = new Label { PaymentId = "p-200", EventTimeMs = 1_002_050, KnownAtMs = 5, Fraud = true, CardId = "c-1" };
        Assert.Equal([0.0], harness.Fold([label, RandomEvents.NewPayment(100, 1_010_000, "c-1")]).Single());
        Assert.Equal([1 / 103.0], harness.Fold([RandomEvents.NewPayment(200, 1_002_050, "c-1"), RandomEvents.NewPayment(101, 1_010_100, "c-1")])[^1]);
        Assert.All(harness.Bounds[^3..], bounds => Assert.True(bounds[0] == 0 || bounds == harness.Bounds[^2]));
    }

    [Fact]
    public void What_a_hot_key_takes_does_not_grow_with_its_events_and_nothing_of_it_is_lost()
    {
        var harness = new FeatureHarness(
            """
            version: 1
            exact_events: 256
            lateness: 1h
            features:
              - {name: count, entity: card_id, aggregate: count, window: ever}
              - {name: sum, entity: card_id, aggregate: sum, of: amount, window: ever}
              - {name: count_7d, entity: card_id, aggregate: count, window: 7d}
              - {name: merchants, entity: card_id, aggregate: distinct, of: merchant_id, window: ever}
              - {name: risk, entity: card_id, aggregate: risk, window: ever}
            """, 256);
        var bytes = 0L;
        var last = new double[5];
        for (var i = 0; i < 60_000; i += 10_000)
        {
            var first = i;
            last = harness.Fold(Enumerable.Range(first, 10_000).Select(i => (object)(RandomEvents.NewPayment(i, 1_000_000 + (i * 30_000L), "c-1") with { MerchantId = $"m-{i}" })))[^1];
            bytes = i == 20_000 ? harness.Engine.Bytes.Allocated : bytes;
        }

        Assert.Equal(bytes, harness.Engine.Bytes.Allocated);
        Assert.True(harness.Engine.CountEvents() <= 256);
        Assert.Equal((60_000, 60_000), (last[0], last[1]));
        var weekBound = harness.Bounds[^1][2];
        Assert.InRange(weekBound, 0.5, 20_160 / 256.0);
        Assert.InRange(last[2], 20_160 - weekBound, 20_160 + weekBound);
        Assert.InRange(last[3], 60_000 * 0.8, 60_000 * 1.2);
        Assert.Equal(0, harness.Bounds[^1][0] + harness.Bounds[^1][1] + harness.Bounds[^1][4]);
    }

    [Fact]
    public void Twenty_estimates_of_distinct_values_err_by_less_than_stated_and_small_counts_by_next_to_nothing()
    {
        foreach (var count in new[] { 1, 10, 50, 1000, 100_000 })
        {
            var off = Enumerable.Range(0, 20).Count(run =>
            {
                var registers = new long[HyperLogLog.Longs];
                for (var i = 0; i < count; i++)
                {
                    HyperLogLog.Add(registers, (long)(ulong)StreamScoring.Identity.IdentityHash.Development.Of(Encoding.ASCII.GetBytes($"{run}-{i}")));
                }

                return Math.Abs(HyperLogLog.Estimate(registers) - count) > (count <= 10 ? 2 : HyperLogLog.Bound * count);
            });
            Assert.InRange(off, 0, count <= 10 ? 0 : 3);
        }
    }

    /// <summary>
    /// Whether a feature sees what lies in a stretch of time, or all of it, rather than the newest
    /// payments however old they are.
    /// </summary>
    private static bool LooksAtTimes(WindowOracle.Query query) =>
        query.LastCount == 0 && query.Aggregate is not ("last" or "previous" or "seconds_since_last");

    private static double? Amount(Payment payment) => payment.AmountMinor / (payment.Currency == "JPY" ? 1.0 : payment.Currency == "KWD" ? 1000 : 100);

    private static string YamlOf(string head, (string Yaml, WindowOracle.Query Query)[] cases)
    {
        var yaml = new StringBuilder($"version: 1\n{head}features:\n");
        for (var i = 0; i < cases.Length; i++)
        {
            yaml.AppendLine($"  - {{name: f{i}, {cases[i].Yaml}}}");
        }

        return yaml.ToString();
    }
}
