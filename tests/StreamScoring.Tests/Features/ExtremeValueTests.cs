using System.Text;
using CsCheck;
using StreamScoring.Contracts;
using StreamScoring.Tests.State;

namespace StreamScoring.Tests.Features;

/// <summary>
/// The largest values that are allowed, as many of them as a key can have: no total may wrap around
/// without a word.
/// </summary>
public sealed class ExtremeValueTests
{
    private const double AttributeMax = 9e9;
    private const long AmountMinorMax = 10_000_000_000_000;

    private static readonly string[] Windows = ["3s", "100s", "2000s", "2000s, delay: 5s", "ever", "ever, delay: 3s", "last 50", "40s, where: amount > 0"];

    private static readonly (string Yaml, WindowOracle.Query Query)[] Cases = [.. Build()];

    [Theory]
    [InlineData(16)]
    [InlineData(300)]
    [InlineData(4096)]
    public void Extreme_values_add_up_to_what_they_add_up_to_or_the_decision_says_how_far_it_is_off(int exactEvents) =>
        Gen.Int[0, 1_000_000].Sample(seed =>
        {
            var random = new Random(seed);
            var events = Make(random, 2600, lateness: random.Next(3) * 20);
            var cut = random.Next(events.Count);
            var yaml = YamlOf(exactEvents);
            var (whole, before, after, other) = (new FeatureHarness(yaml, 100), new FeatureHarness(yaml, 100), new FeatureHarness(yaml, 100), new FeatureHarness(YamlOf(8192), 77));
            var actual = whole.Fold(events);
            var split = before.Fold(events[..cut]);
            CollectedState.Restore(after.State, CollectedState.Of(before.State).ToFile(before.Engine));
            split.AddRange(after.Fold(events[cut..]));
            Assert.Equal(actual, split);
            Assert.Equal(CollectedState.DigestOf(whole.State), CollectedState.DigestOf(after.State));
            other.Fold(events);
            Assert.Equal(CollectedState.DigestOf(whole.State), CollectedState.DigestOf(other.State));

            var oracle = new WindowOracle();
            var queries = Cases.Select(item => item.Query).ToList();
            for (var i = 0; i < events.Count; i++)
            {
                var isAsked = i % 97 == 0 || i == events.Count - 1;
                var expected = oracle.Fold((Payment)events[i], isAsked ? queries : []);
                for (var feature = 0; feature < expected.Length; feature++)
                {
                    var (value, bound) = (actual[i][feature], whole.Bounds[i][feature]);
                    var isRight = bound == 0 ? FeatureEngineTests.AreClose(expected[feature], value)
                        : double.IsNaN(bound) || Math.Abs(expected[feature] - value) <= (bound * (1 + 1e-12)) + (1e-9 * Math.Abs(expected[feature]));
                    Assert.True(isRight, $"{Cases[feature].Yaml}: payment {i} is {value} ± {bound}, expected {expected[feature]}");
                }
            }
        }, iter: 3);

    [Fact]
    public void Sum_mean_and_spread_of_1025_attributes_near_the_limit_are_right()
    {
        var harness = new FeatureHarness(
            """
            version: 1
            features:
              - {name: sum, entity: card_id, aggregate: sum, of: attributes.basket, window: 1d}
              - {name: mean, entity: card_id, aggregate: mean, of: attributes.basket, window: 1d}
              - {name: spread, entity: card_id, aggregate: stddev_population, of: attributes.basket, window: 1d}
              - {name: ever, entity: card_id, aggregate: stddev_sample, of: attributes.basket, window: ever}
            """);
        var features = harness.Fold(Enumerable.Range(0, 4000).Select(i => (object)PaymentOf(i, 1_000_000 + i, 1, i % 2 == 0 ? AttributeMax : AttributeMax - 2)));
        Assert.Equal(1025 * 9e9 - (2 * 512), features[1024][0]);
        Assert.Equal(9e9 - 1, features[^1][1]);
        Assert.Equal(1.0, features[^1][2]);
        Assert.Equal(Math.Sqrt(4000.0 / 3999), features[^1][3], 1e-12);
    }

    [Fact]
    public void Ten_thousand_payments_of_the_largest_amount_add_up_over_ever_and_over_windows_that_reach_into_tiles()
    {
        const double majorMax = AmountMinorMax / 100.0;
        var harness = new FeatureHarness(
            """
            version: 1
            features:
              - {name: ever, entity: card_id, aggregate: sum, of: amount, window: ever}
              - {name: day, entity: card_id, aggregate: sum, of: amount, window: 1d}
              - {name: mean, entity: card_id, aggregate: mean, of: amount, window: 1d}
              - {name: spread, entity: card_id, aggregate: stddev_population, of: amount, window: 1d}
              - {name: decayed, entity: card_id, aggregate: decayed_sum, of: amount, half_life: 365d}
              - {name: minute, entity: card_id, aggregate: sum, of: amount, window: 14s}
            """, 256);
        var last = harness.Fold(Enumerable.Range(0, 40_000).Select(i => (object)PaymentOf(i, 1_000_000 + i, AmountMinorMax)))[^1];
        Assert.Equal(40_000 * majorMax, last[0]);
        Assert.Equal(40_000 * majorMax, last[1]);
        Assert.Equal(majorMax, last[2]);
        Assert.Equal(0, last[3]);
        Assert.InRange(last[4], 40_000 * majorMax * 0.999_999, 40_000 * majorMax);
        // One tile holds more than 64 bits hold: of those none to all may lie in the window, and
        // the bound says so.
        Assert.InRange(14_000 * majorMax, last[5] - harness.Bounds[^1][5], last[5] + harness.Bounds[^1][5]);
    }

    [Theory]
    [InlineData(9.000000001e9)]
    [InlineData(-1e300)]
    [InlineData(double.MaxValue)]
    public void A_value_that_is_too_large_to_fold_is_flagged_on_every_decision_that_lacks_it(double value)
    {
        var harness = new FeatureHarness(
            "version: 1\nlateness: 0s\nfeatures:\n  - {name: sum, entity: card_id, aggregate: sum, of: attributes.basket, window: 100s}\n  - {name: count, entity: ip, aggregate: count, window: 100s}\n");
        var events = Enumerable.Range(0, 150).Select(i => (object)PaymentOf(i, 1_000_000 + (i * 1000), 1, i == 10 ? value : 1)).ToList();
        var before = harness.Fold(events[..50]);
        var restored = new FeatureHarness(harness.File.Text);
        CollectedState.Restore(restored.State, CollectedState.Of(harness.State).ToFile(harness.Engine));
        restored.Fold(events[50..]);
        var bounds = harness.Bounds.Concat(restored.Bounds).ToList();
        Assert.Equal(9 + 1, before[9][0]);
        Assert.All(bounds[..10], bound => Assert.Equal([0, 0], bound));
        // Its own entity alone, until its windows begin behind it.
        Assert.All(bounds[10..110], bound => Assert.Equal([double.NaN, 0], bound));
        Assert.All(bounds[112..], bound => Assert.Equal([0, 0], bound));
    }

    private static List<object> Make(Random random, int count, int lateness) =>
        [.. Enumerable.Range(0, count).Select(i => (object)PaymentOf(
            i,
            1_000_000 + (i * 700L) - (random.Next(4) == 0 ? random.Next((lateness * 1000) + 1) : 0),
            random.Next(4) == 0 ? random.Next(3) : AmountMinorMax - random.Next(3),
            random.Next(10) switch { 0 => null, 1 => -AttributeMax, 2 => 0.25, 3 => AttributeMax - 0.5, _ => AttributeMax }))];

    private static Payment PaymentOf(int i, long timeMs, long amountMinor, double? basket = null) => RandomEvents.NewPayment(i, timeMs, "c-1") with
    {
        AmountMinor = amountMinor,
        Attributes = basket is { } value ? new Dictionary<string, object> { ["basket"] = value } : null,
    };

    private static string YamlOf(int exactEvents)
    {
        var yaml = new StringBuilder($"version: 1\nlateness: 1h\nexact_events: {exactEvents}\nfeatures:\n");
        for (var i = 0; i < Cases.Length; i++)
        {
            yaml.AppendLine($"  - {{name: f{i}, {Cases[i].Yaml}}}");
        }

        return yaml.ToString();
    }

    private static IEnumerable<(string, WindowOracle.Query)> Build()
    {
        static double? Amount(Payment payment) => payment.AmountMinor / 100.0;
        static double? Basket(Payment payment) => payment.Attributes is { } attributes ? (double)attributes["basket"] : null;
        foreach (var aggregate in new[] { "sum", "mean", "stddev_population", "zscore", "min", "max" })
        {
            foreach (var of in new[] { "amount", "attributes.basket" })
            {
                foreach (var window in Windows)
                {
                    var size = window.StartsWith("ever", StringComparison.Ordinal) || window.StartsWith("last", StringComparison.Ordinal)
                        ? null : (long?)int.Parse(window[..window.IndexOf('s')], System.Globalization.CultureInfo.InvariantCulture) * RandomEvents.Second;
                    var delay = window.Contains("delay: 5s", StringComparison.Ordinal) ? 5 : window.Contains("delay: 3s", StringComparison.Ordinal) ? 3 : 0;
                    yield return ($"entity: card_id, aggregate: {aggregate}, of: {of}, window: {window}", new WindowOracle.Query(
                        aggregate, payment => payment.CardId, size, delay * RandomEvents.Second, window.StartsWith("last", StringComparison.Ordinal) ? 50 : 0,
                        Where: window.Contains("where", StringComparison.Ordinal) ? payment => payment.AmountMinor > 0 : null,
                        Value: of == "amount" ? Amount : Basket));
                }
            }
        }

        foreach (var window in new[] { "ever", "2000s" })
        {
            yield return ($"entity: card_id, aggregate: decayed_sum, of: attributes.basket, half_life: 500s, window: {window}", new WindowOracle.Query(
                "decayed_sum", payment => payment.CardId, window == "ever" ? null : 2000 * RandomEvents.Second, Value: Basket, HalfLifeMs: 500 * RandomEvents.Second));
        }
    }
}
