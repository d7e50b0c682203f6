using CsCheck;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Tests.State;

namespace StreamScoring.Tests.Features;

/// <summary>Aggregates of, and filtered by, features of the payments themselves.</summary>
public sealed class DerivedFeatureTests
{
    private const string Yaml =
        """
        features:
          - {name: unusual_count, entity: merchant_id, aggregate: count, window: 20s, where: unusual == 1}
          - {name: mean, entity: card_id, aggregate: mean, of: amount, window: 10s, exclude_current: true}
          - {name: unusual, expression: amount > 1.2 * mean}
          - {name: ratio, expression: amount / (mean + 1)}
          - {name: double, expression: amount * 2}
          - {name: usual_risk, entity: merchant_id, aggregate: risk, window: 20s, delay: 1s, where: unusual == 0}
          - {name: ratio_max, entity: card_id, aggregate: max, of: ratio, window: 10s, exclude_current: true}
          - {name: ratio_sum, entity: merchant_id, aggregate: sum, of: ratio, window: ever}
          - {name: means, entity: card_id, aggregate: distinct, of: mean, window: 12s}
          - {name: ratio_z, entity: merchant_id, aggregate: zscore, of: ratio, window: 15s}
          - {name: busy_cards, entity: card_id, aggregate: count, window: 15s, where: unusual_count >= 1 and amount > 2}
          - {name: previous_ratio, entity: [card_id, merchant_id], aggregate: previous, of: ratio, window: 40s}
          - {name: double_mean, entity: card_id, aggregate: mean, of: double, window: last 3, where: double > 3}
          - {name: ratio_decayed, entity: card_id, aggregate: decayed_sum, of: ratio, half_life: 4s}
          - {name: risk_now, entity: merchant_id, aggregate: risk, window: 30s, exclude_current: true}
          - {name: after_risk, entity: card_id, aggregate: count, window: 30s, where: risk_now > 0.2}
        """;

    private static readonly string[] Expressions = ["unusual", "ratio", "double"];

    [Fact]
    public void What_is_derived_equals_a_count_from_scratch_whatever_the_order_of_arrival() =>
        Gen.Select(Gen.OneOf([.. new[] { 0, 3, 30 }.Select(late => RandomEvents.Lists(1, 120, late))]), Gen.Int[1, 50])
            .Sample((events, batchRows) =>
            {
                var harness = new FeatureHarness(Yaml, batchRows);
                AssertEqual(harness, events, harness.Fold(events), (_, _) => true);
            }, iter: 150);

    [Fact]
    public void A_payment_that_is_only_followed_is_folded_as_one_that_is_decided() =>
        Gen.Select(RandomEvents.Lists(1, 100, latenessMax: 3), Gen.Int[1, 50], Gen.Int[0, 1000]).Sample((events, batchRows, seed) =>
        {
            var random = new Random(seed);
            var decided = events.OfType<Payment>().Where(_ => random.Next(2) == 0).ToHashSet(ReferenceEqualityComparer.Instance);
            var (whole, part) = (new FeatureHarness(Yaml, batchRows), new FeatureHarness(Yaml, batchRows) { Decides = record => record is Label || decided.Contains(record) });
            var expected = whole.Fold(events).Zip(events.OfType<Payment>()).Where(row => decided.Contains(row.Second)).Select(row => row.First);
            Assert.Equal(expected, part.Fold(events));
            Assert.Equal(CollectedState.DigestOf(whole.State), CollectedState.DigestOf(part.State));
        }, iter: 60);

    [Fact]
    public void What_was_derived_is_restored_from_a_snapshot() =>
        RandomEvents.Lists(2, 100, latenessMax: 3).Sample(events =>
        {
            var (whole, restored) = (new FeatureHarness(Yaml), new FeatureHarness(Yaml));
            whole.Fold(events.Take(events.Count / 2));
            CollectedState.Restore(restored.State, CollectedState.Of(whole.State).ToFile(whole.Engine));
            var rest = events.Skip(events.Count / 2).ToList();
            Assert.Equal(whole.Fold(rest), restored.Fold(rest));
        }, iter: 60);

    [Fact]
    public void A_payment_that_is_decided_again_keeps_what_was_derived_of_it_then()
    {
        var harness = new FeatureHarness(Yaml);
        var payments = Enumerable.Range(0, 6).Select(i => RandomEvents.NewPayment(i, 1_000_000 + (i * RandomEvents.Second), "c-1") with { MerchantId = "m-1" }).ToList();
        var first = harness.Fold(payments);
        var (after, now) = (harness.Schema.IndexOf("after_risk"), harness.Schema.IndexOf("risk_now"));
        Assert.Equal(0, first[^1][after]);
        harness.Fold(payments.Select(payment => RandomEvents.LabelOf(payment, 1, fraud: true)));
        var digest = CollectedState.DigestOf(harness.State);

        var again = harness.FoldAt(payments.Select((payment, i) => (TestBatch.Payments, (long)i, (object)payment)));

        // By now its merchant's payments are known frauds; when it was folded they were not.
        Assert.Equal(1, again[^1][now]);
        Assert.Equal(0, again[^1][after]);
        Assert.Equal(digest, CollectedState.DigestOf(harness.State));
        Assert.Equal(1, harness.Fold([payments[^1] with { PaymentId = "p-7", EventTimeMs = payments[^1].EventTimeMs + 1 }]).Single()[after]);
    }

    [Fact]
    public void Payments_that_a_takeover_reads_again_have_the_features_that_they_had() =>
        RandomEvents.Lists(1, 60, latenessMax: 0).Sample(events =>
        {
            var harness = new FeatureHarness(Yaml);
            // A millisecond apart, so that none of the same time came after.
            var payments = events.OfType<Payment>().Select((payment, i) => payment with { EventTimeMs = payment.EventTimeMs + i }).ToList();
            var first = harness.Fold(payments);
            Assert.Equal(first, harness.FoldAt(payments.Select((payment, i) => (TestBatch.Payments, (long)i, (object)payment))));
        }, iter: 60);

    [Fact]
    public void Logs_folded_in_any_order_give_one_digest_and_what_looks_at_one_log_alone_one_value() =>
        Gen.Select(RandomEvents.Lists(1, 80, latenessMax: 3), Gen.Int[0, 10_000]).Sample((events, seed) =>
        {
            const string ofCard =
                """
                features:
                  - {name: mean, entity: card_id, aggregate: mean, of: amount, window: 10s, exclude_current: true}
                  - {name: unusual, expression: amount > 1.2 * mean}
                  - {name: unusual_count, entity: card_id, aggregate: count, window: 20s, where: unusual == 1}
                  - {name: seen_at, entity: merchant_id, aggregate: sum, of: mean, window: 20s}
                """;
            var random = new Random(seed);
            // As logs are that are partitioned by card.
            var logs = new List<object>[] { [], [], [] };
            foreach (var item in events)
            {
                logs[item is Payment payment ? TestBatch.Payments + ((payment.CardId ?? "").Length + (payment.CardId?[^1] ?? 0)) % 2 : TestBatch.Labels].Add(item);
            }

            var (one, other) = (new FeatureHarness(ofCard), new FeatureHarness(ofCard, batchRows: 7));
            var order = Interleaving.Of(logs, random, inOrder: true);
            var another = Interleaving.Of(logs, random, inOrder: false);
            var values = order.Where(record => record.Item3 is Payment).Zip(one.FoldAt(order)).ToDictionary(row => ((Payment)row.First.Item3).PaymentId, row => row.Second);
            foreach (var (record, row) in another.Where(record => record.Item3 is Payment).Zip(other.FoldAt(another)))
            {
                Assert.Equal(values[((Payment)record.Item3).PaymentId][..3], row[..3]);
            }

            Assert.Equal(CollectedState.DigestOf(one.State), CollectedState.DigestOf(other.State));
        }, iter: 60);

    [Fact]
    public void What_is_derived_of_a_hot_key_is_flagged_wherever_it_is_off() =>
        RandomEvents.Lists(150, 150, latenessMax: 2, keys: 2).Sample(events =>
        {
            var harness = new FeatureHarness("lateness: 5s\nexact_events: 16\n" + Yaml, 20);
            var actual = harness.Fold(events);
            AssertEqual(harness, events, actual, (payment, feature) => harness.Bounds[payment][feature] == 0
                && !(Array.IndexOf(Expressions, harness.Schema.Names[feature]) is 0 or 1 && harness.Bounds[payment][harness.Schema.IndexOf("mean")] != 0));
        }, iter: 20);

    [Fact]
    public void Aggregates_that_look_at_each_other_in_a_circle_are_refused()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => FeatureFiles.Parse("f.yaml",
            "features:\n  - {name: a, entity: card_id, aggregate: sum, of: b, window: 1h}\n  - {name: b, expression: c + 1}\n  - {name: c, entity: card_id, aggregate: count, window: 1h, where: a > 1}\n"));
        Assert.Contains("is part of a cycle: a -> b -> c -> a", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_aggregate_of_a_text_feature_is_refused()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => FeatureFiles.Parse("f.yaml",
            "features:\n  - {name: at, expression: channel}\n  - {name: n, entity: card_id, aggregate: distinct, of: at, window: 1h}\n"));
        Assert.StartsWith("f.yaml:3:", error.Message, StringComparison.Ordinal);
        Assert.Contains("is at, a feature that is a text; name the field itself", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1d", 24 + 2)]
    [InlineData("ever", null)]
    public void A_file_looks_back_as_far_as_what_it_derives(string window, int? hours)
    {
        var file = FeatureFiles.Parse("f.yaml",
            $"features:\n  - {{name: a, entity: card_id, aggregate: count, window: {window}}}\n  - {{name: b, expression: a + 1}}\n  - {{name: c, entity: merchant_id, aggregate: sum, of: b, window: 2h}}\n");
        Assert.Equal(hours, file.Reach is { } reach ? (int)reach.TotalHours : null);
    }

    /// <summary>By two oracles: what the first one says of a payment, the second one looks up.
    /// </summary>
    private static void AssertEqual(FeatureHarness harness, List<object> events, List<double[]> actual, Func<int, int, bool> isExact)
    {
        static double? Amount(Payment payment) => payment.AmountMinor / (payment.Currency == "JPY" ? 1.0 : payment.Currency == "KWD" ? 1000 : 100);
        static string? Card(Payment payment) => payment.CardId;
        static string? Merchant(Payment payment) => payment.MerchantId;
        const long second = RandomEvents.Second;
        var derived = new Dictionary<string, (double Mean, bool? Unusual, double? Ratio, double RiskNow)>(StringComparer.Ordinal);
        var unusualCounts = new Dictionary<string, double>(StringComparer.Ordinal);
        double? Ratio(Payment payment) => derived[payment.PaymentId].Ratio;
        bool IsUnusual(Payment payment) => derived[payment.PaymentId].Unusual == true;
        WindowOracle.Query[] first =
        [
            new("mean", Card, 10 * second, ExcludeCurrent: true, Value: Amount),
            new("mean", Card, LastCount: 3, Value: payment => Amount(payment) * 2, Where: payment => Amount(payment) * 2 > 3),
            new("risk", Merchant, 30 * second, ExcludeCurrent: true),
        ];
        WindowOracle.Query[] then =
        [
            new("count", Merchant, 20 * second, Where: IsUnusual),
            new("risk", Merchant, 20 * second, 1 * second, Where: payment => derived[payment.PaymentId].Unusual == false),
            new("max", Card, 10 * second, ExcludeCurrent: true, Value: Ratio),
            new("sum", Merchant, Value: Ratio),
            new("distinct", Card, 12 * second, Distinct: payment => double.IsNaN(derived[payment.PaymentId].Mean) ? null : $"{Math.Round(derived[payment.PaymentId].Mean * 1e6)}"),
            new("zscore", Merchant, 15 * second, Value: Ratio),
            new("previous", payment => payment.CardId is null || payment.MerchantId is null ? null : $"{payment.CardId} {payment.MerchantId}", 40 * second, Value: Ratio),
            new("decayed_sum", Card, Value: Ratio, HalfLifeMs: 4 * second),
            new("count", Card, 30 * second, Where: payment => derived[payment.PaymentId].RiskNow > 0.2),
        ];
        WindowOracle.Query[] last = [new("count", Card, 15 * second, Where: payment => unusualCounts[payment.PaymentId] >= 1 && Amount(payment) > 2)];
        var oracles = new[] { new WindowOracle(), new WindowOracle(), new WindowOracle() };
        var index = 0;
        foreach (var item in events)
        {
            if (item is Label label)
            {
                Array.ForEach(oracles, oracle => oracle.Fold(label));
                continue;
            }

            var payment = (Payment)item;
            var amount = Amount(payment)!.Value;
            var before = oracles[0].Fold(payment, first);
            var (mean, ratio) = (before[0], amount / (before[0] + 1));
            // Folded to the millionth.
            derived[payment.PaymentId] = (mean, double.IsNaN(mean) ? null : amount > 1.2 * mean, double.IsNaN(ratio) ? null : Math.Round(ratio * 1e6) / 1e6, before[2]);
            var behind = oracles[1].Fold(payment, then);
            unusualCounts[payment.PaymentId] = behind[0];
            var end = oracles[2].Fold(payment, last);
            double[] expected =
            [
                behind[0], mean, double.IsNaN(mean) ? double.NaN : amount > 1.2 * mean ? 1 : 0, ratio, amount * 2, behind[1], behind[2], behind[3], behind[4], behind[5], end[0], behind[6], before[1],
                behind[7], before[2], behind[8],
            ];
            for (var feature = 0; feature < expected.Length; feature++)
            {
                Assert.True(
                    !isExact(index, feature) || FeatureEngineTests.AreClose(expected[feature], actual[index][feature]),
                    $"{harness.Schema.Names[feature]} of payment {index} is {actual[index][feature]}, expected {expected[feature]}");
            }

            index++;
        }
    }
}
