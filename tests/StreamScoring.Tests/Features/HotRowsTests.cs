using System.Text;
using CsCheck;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Tests.State;
using Query = StreamScoring.Tests.Features.WindowOracle.Query;

namespace StreamScoring.Tests.Features;

/// <summary>
/// Keys with so many rows that an index sums them up: every value is what a look at each row gives.
/// </summary>
public sealed class HotRowsTests
{
    private const long Second = RandomEvents.Second;

    private static readonly string[] Windows =
        ["30s", "400s", "400s, delay: 50s", "ever", "last 3", "last 300", "400s, where: amount > 5", "400s, exclude_current: true", "ever, where: channel == \"online\""];

    private static readonly (string Yaml, Query Query)[] Cases = [.. Build()];

    /// <summary>
    /// Those that look at all of a stretch of time: nothing in them depends on who of two at once
    /// came first.
    /// </summary>
    private static readonly (string Yaml, Query Query)[] CasesOfTime =
        [.. Cases.Where(item => item.Query.LastCount == 0 && item.Query.Aggregate is not ("last" or "previous" or "seconds_since_last"))];

    [Fact]
    public void Every_aggregate_of_a_key_with_hundreds_of_rows_equals_a_count_from_scratch() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[0, 3]).Sample((seed, mode) =>
        {
            var random = new Random(seed);
            // In order, some late, and so many at the same millisecond that whole chunks of rows
            // have one time.
            var events = Make(random, 900, lateness: mode switch { 0 => 0, 1 => 5, _ => 300 }, ties: mode == 3);
            var harness = new FeatureHarness(YamlOf(Cases), 1 + random.Next(64));
            var actual = harness.Fold(events);
            Assert.All(harness.Bounds, bounds => Assert.All(bounds, bound => Assert.Equal(0, bound)));
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
                var expected = oracle.Fold((Payment)item, index % 41 == 0 || index > 880 ? queries : []);
                for (var i = 0; i < expected.Length; i++)
                {
                    Assert.True(FeatureEngineTests.AreClose(expected[i], actual[index][i]), $"{Cases[i].Yaml}: payment {index} is {actual[index][i]}, expected {expected[i]}");
                }
            }
        }, iter: 16);

    [Fact]
    public void Values_are_the_same_to_the_last_bit_whether_an_index_was_there_or_made_after_a_restart() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Bool).Sample((seed, isTiled) =>
        {
            var random = new Random(seed);
            var events = Make(random, 900, lateness: random.Next(3) * 60, ties: random.Next(2) == 0);
            var cut = random.Next(events.Count);
            var head = isTiled ? "exact_events: 300\nlateness: 100s\n" : "";
            var (whole, before, after) = (new FeatureHarness(YamlOf(Cases, head)), new FeatureHarness(YamlOf(Cases, head)), new FeatureHarness(YamlOf(Cases, head)));
            var expected = whole.Fold(events);
            var actual = before.Fold(events[..cut]);
            CollectedState.Restore(after.State, CollectedState.Of(before.State).ToFile(before.Engine));
            actual.AddRange(after.Fold(events[cut..]));
            Assert.Equal(expected, actual);
            Assert.Equal(whole.Bounds, [.. before.Bounds, .. after.Bounds]);
            Assert.Equal(CollectedState.DigestOf(whole.State), CollectedState.DigestOf(after.State));
        }, iter: 16);

    [Fact]
    public void Values_are_the_same_to_the_last_bit_in_whatever_order_the_payments_before_came() =>
        Gen.Int[0, 1_000_000].Sample(seed =>
        {
            var random = new Random(seed);
            var events = Make(random, 700, lateness: 0, ties: false);
            var shuffled = events.ToArray();
            random.Shuffle(shuffled);
            var last = new[] { (object)RandomEvents.NewPayment(10_000, ((Payment)events.Last(item => item is Payment)).EventTimeMs + 1, "c-1") };
            var (inOrder, outOfOrder) = (new FeatureHarness(YamlOf(CasesOfTime)), new FeatureHarness(YamlOf(CasesOfTime), 1 + random.Next(64)));
            inOrder.Fold(events);
            outOfOrder.Fold(shuffled);
            Assert.Equal(inOrder.Fold(last).Single(), outOfOrder.Fold(last).Single());
            Assert.Equal(CollectedState.DigestOf(inOrder.State), CollectedState.DigestOf(outOfOrder.State));
        }, iter: 16);

    [Fact]
    public void A_payment_that_is_decided_again_finds_the_same_values()
    {
        var random = new Random(17);
        var events = Make(random, 600, lateness: 100, ties: true).Where(item => item is Payment).ToList();
        var harness = new FeatureHarness(YamlOf(CasesOfTime));
        var first = harness.Fold(events);
        var digest = CollectedState.DigestOf(harness.State);
        // The newest of all sees now what it saw then.
        var newest = events.Select((item, index) => (((Payment)item).EventTimeMs, index)).Max().index;
        var fresh = new FeatureHarness(YamlOf(CasesOfTime));
        fresh.Fold([.. events.Where((_, index) => index != newest)]);
        Assert.Equal(fresh.Fold([events[newest]]).Single(), harness.FoldAt([(TestBatch.Payments, newest, events[newest])]).Single());
        Assert.Equal(digest, CollectedState.DigestOf(harness.State));
        Assert.Equal(first.Count, events.Count);
    }

    [Fact]
    public void A_weight_is_a_power_of_two_to_within_what_is_stated()
    {
        for (var x = -900.0; x < 900; x += 0.0137)
        {
            Assert.InRange(DecayWeight.Exp2(x) / Math.Pow(2, x), 1 - 4e-15, 1 + 4e-15);
        }

        Assert.Equal(0, DecayWeight.Exp2(-5000));
        Assert.Equal(1L << 44, DecayWeight.Of(0, 1000));
        Assert.InRange(DecayWeight.Of((16 * 1000) - 1, 1000), 1L << 59, 1L << 60);
    }

    private static List<object> Make(Random random, int count, int lateness, bool ties)
    {
        var events = new List<object>();
        var (clockMs, payments) = (1_000_000L, new List<Payment>());
        for (var i = 0; i < count; i++)
        {
            clockMs += ties ? random.Next(60) == 0 ? 40_000 : 0 : 1 + random.Next(1400);
            var payment = RandomEvents.NewPayment(i, clockMs - (random.Next(5) == 0 ? random.Next((lateness * (int)Second) + 1) : 0), "c-1") with
            {
                AmountMinor = random.Next(1000),
                MerchantId = random.Next(10) == 0 ? null : random.Next(3) == 0 ? $"new-{i}" : $"m-{random.Next(40)}",
                Channel = random.Next(200) == 0 ? "online" : "pos",
                Attributes = random.Next(3) == 0 ? null : new Dictionary<string, object> { ["basket"] = random.Next(400) / 4.0 },
            };
            payments.Add(payment);
            events.Add(payment);
            if (random.Next(4) == 0)
            {
                events.Add(RandomEvents.LabelOf(payments[random.Next(payments.Count)], random.Next(4), random.Next(2) == 0));
            }
        }

        return events;
    }

    private static string YamlOf((string Yaml, Query Query)[] cases, string head = "")
    {
        var yaml = new StringBuilder($"version: 1\n{head}features:\n");
        for (var i = 0; i < cases.Length; i++)
        {
            yaml.AppendLine($"  - {{name: f{i}, {cases[i].Yaml}}}");
        }

        return yaml.ToString();
    }

    private static IEnumerable<(string, Query)> Build()
    {
        static double? Amount(Payment payment) => payment.AmountMinor / 100.0;
        static double? Basket(Payment payment) => payment.Attributes is { } attributes ? (double)attributes["basket"] : null;
        string[] aggregates =
        [
            "min", "max", "last", "previous", "sum", "count", "zscore", "distinct", "seconds_since_last", "risk", "decayed_count", "decayed_sum",
        ];
        foreach (var aggregate in aggregates)
        {
            // Whether the last n hold the payment itself, which previous leaves out, is a question
            // of its own.
            foreach (var window in Windows.Where(window => aggregate != "previous" || !window.StartsWith("last", StringComparison.Ordinal)))
            {
                var (hasValue, isDecayed) = (aggregate is "min" or "max" or "last" or "previous" or "sum" or "zscore" or "decayed_sum", aggregate.StartsWith("decayed", StringComparison.Ordinal));
                var isAmount = !hasValue || window.Contains("where", StringComparison.Ordinal);
                var of = aggregate == "distinct" ? ", of: merchant_id" : !hasValue ? "" : isAmount ? ", of: amount" : ", of: attributes.basket";
                var halfLife = window.Contains("30s", StringComparison.Ordinal) ? 2 : 40;
                yield return ($"entity: card_id, aggregate: {aggregate}{of}, window: {window}{(isDecayed ? $", half_life: {halfLife}s" : "")}", new Query(
                    aggregate,
                    payment => payment.CardId,
                    window.StartsWith("30s", StringComparison.Ordinal) ? 30 * Second : window.StartsWith("400s", StringComparison.Ordinal) ? 400 * Second : null,
                    window.Contains("delay", StringComparison.Ordinal) ? 50 * Second : 0,
                    window switch { "last 3" => 3, "last 300" => 300, _ => 0 },
                    window.Contains("exclude", StringComparison.Ordinal),
                    window.Contains("amount > 5", StringComparison.Ordinal) ? payment => Amount(payment) > 5
                        : window.Contains("online", StringComparison.Ordinal) ? payment => payment.Channel == "online" : null,
                    hasValue ? isAmount ? Amount : Basket : null,
                    aggregate == "distinct" ? payment => payment.MerchantId : null,
                    isDecayed ? halfLife * Second : 0));
            }
        }
    }
}
