using CsCheck;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Tests.State;
using Query = StreamScoring.Tests.Features.WindowOracle.Query;

namespace StreamScoring.Tests.Features;

/// <summary>Keys of more than fields, and entries that stand for several features.</summary>
public sealed class KeyTests
{
    private const long Second = RandomEvents.Second;

    private static readonly (string Yaml, Query Query)[] Cases =
    [
        ("entity: attributes.basket, aggregate: count, window: 20s", new("count", Basket, 20 * Second)),
        ("entity: [card_id, attributes.basket], aggregate: sum, of: amount, window: 30s", new("sum", payment => Joined(payment.CardId, Basket(payment)), 30 * Second, Value: Amount)),
        ("entity: size, aggregate: max, of: amount, window: 30s, exclude_current: true", new("max", Size, 30 * Second, ExcludeCurrent: true, Value: Amount)),
        ("entity: [size, merchant_id], aggregate: distinct, of: card_id, window: 40s", new("distinct", payment => Joined(Size(payment), payment.MerchantId), 40 * Second, Distinct: payment => payment.CardId)),
        ("entity: card_id, aggregate: count, window: 40s, where: merchant_id == current.merchant_id", new("count", payment => Joined(payment.CardId, payment.MerchantId), 40 * Second)),
        ("entity: card_id, aggregate: mean, of: amount, window: 40s, where: 'amount > 2 and current.channel == channel'", new("mean", payment => Joined(payment.CardId, payment.Channel), 40 * Second, Where: payment => Amount(payment) > 2, Value: Amount)),
        ("entity: card_id, aggregate: seconds_since_last, where: size == current.size and merchant_id == current.merchant_id",
            new("seconds_since_last", payment => Joined(Joined(payment.CardId, Size(payment)), payment.MerchantId))),
    ];

    [Fact]
    public void Aggregates_by_any_key_equal_a_count_from_scratch_whatever_the_order_of_arrival() =>
        Gen.Select(Gen.OneOf([.. new[] { 0, 3, 30 }.Select(late => RandomEvents.Lists(1, 100, late))]), Gen.Int[1, 50])
            .Sample((events, batchRows) => FeatureEngineTests.AssertEqualsOracle(events, Cases, WithoutSize(new FeatureHarness(Yaml, batchRows).Fold(events))), iter: 100);

    [Fact]
    public void Keys_of_numbers_are_restored_and_found_again() =>
        RandomEvents.Lists(2, 80, latenessMax: 0).Sample(events =>
        {
            var payments = events.OfType<Payment>().Select((payment, i) => payment with { EventTimeMs = payment.EventTimeMs + i }).ToList();
            var (whole, restored) = (new FeatureHarness(Yaml), new FeatureHarness(Yaml));
            var first = whole.Fold(payments);
            CollectedState.Restore(restored.State, CollectedState.Of(whole.State).ToFile(whole.Engine));
            Assert.Equal(first, restored.FoldAt(payments.Select((payment, i) => (TestBatch.Payments, (long)i, (object)payment))));
        }, iter: 40);

    [Theory]
    [InlineData("entity: n, aggregate: count, window: 1h", "names n, which looks at other payments; a key follows from the payment alone")]
    [InlineData("entity: text, aggregate: count, window: 1h", "names text, a feature that is a text; name the field itself")]
    [InlineData("entity: amount, aggregate: count, window: 1h", "names amount; a key is made of fields such as customer_id, of attributes.NAME")]
    [InlineData("entity: attributes.x, aggregate: risk, window: 1h", "names attributes.x, which labels do not carry")]
    [InlineData("entity: card_id, aggregate: risk, window: 1h, where: channel == current.channel", "names channel, which labels do not carry")]
    [InlineData("entity: card_id, aggregate: count, window: 1h, where: amount > current.amount", "current.amount is the payment's that is decided, and goes with == alone")]
    [InlineData("entity: card_id, aggregate: count, window: 1h, where: mcc == current.mcc or amount > 1", "current.mcc is the payment's that is decided, and goes with == alone")]
    public void A_key_that_cannot_be_is_refused(string feature, string because)
    {
        var error = Assert.Throws<InvalidInputFileException>(() => FeatureFiles.Parse("f.yaml",
            $"features:\n  - {{name: n, entity: card_id, aggregate: count, window: 1h}}\n  - {{name: text, expression: channel}}\n  - {{name: a, {feature}}}\n"));
        Assert.StartsWith("f.yaml:4:", error.Message, StringComparison.Ordinal);
        Assert.Contains(because, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_with_several_windows_is_as_many_features() =>
        Assert.Equal(
            FeatureFiles.Parse("f.yaml",
                "features:\n  - {name: n_1h, entity: card_id, aggregate: count, window: 1h}\n  - {name: n_last_3, entity: card_id, aggregate: count, window: last 3}\n"
                + "  - {name: half_1h, expression: n_1h / 2}\n  - {name: half_1d, expression: n_1d / 2}\n  - {name: n_1d, entity: card_id, aggregate: count, window: 1d}\n").Hash,
            FeatureFiles.Parse("f.yaml",
                "features:\n  - {name: 'n_{window}', entity: card_id, aggregate: count, windows: [1h, last 3]}\n  - {name: 'half_{window}', expression: 'n_{window} / 2', windows: [1h, 1d]}\n"
                + "  - {name: n_1d, entity: card_id, aggregate: count, window: 1d}\n").Hash);

    [Theory]
    [InlineData("name: n, entity: card_id, aggregate: count, windows: [1h, 1d]", "features[0].name is n; with windows it contains {window}")]
    [InlineData("name: 'n_{window}', entity: card_id, aggregate: count, windows: [1h], window: 1d", "features[0].window goes not with windows")]
    [InlineData("name: 'n_{window}', entity: card_id, aggregate: count, windows: []", "features[0].windows is empty")]
    [InlineData("name: 'n_{window}', entity: card_id, aggregate: count, windows: [1h, 1 hour]", "n_1_hour")]
    [InlineData("name: 'n_{window}', entity: card_id, aggregate: count, windows: [1h, 1h]", "names must differ")]
    public void Windows_that_are_wrong_are_refused(string feature, string because)
    {
        if (because == "n_1_hour")
        {
            because = "window is 1 hour; expected a length of time";
        }

        var error = Assert.Throws<InvalidInputFileException>(() => FeatureFiles.Parse("f.yaml", $"features:\n  - {{{feature}}}\n"));
        Assert.StartsWith("f.yaml:2:", error.Message, StringComparison.Ordinal);
        Assert.Contains(because, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("day_number(event_time)", 17_532)]
    [InlineData("day_number(event_time, \"Europe/Berlin\")", 17_533)]
    [InlineData("day_number(event_time) - day_number(event_time - 86400000)", 1)]
    public void Calendar_days_are_those_of_the_zone(string expression, double expected)
    {
        var harness = new FeatureHarness($"features:\n  - {{name: a, expression: '{expression}'}}\n");
        // 2018-01-01T23:30:00Z.
        Assert.Equal(expected, harness.Fold([RandomEvents.NewPayment(1, 1_514_849_400_000, "c-1")]).Single()[0]);
    }

    private static string Yaml => "features:\n" + string.Concat(Cases.Select((item, i) => $"  - {{name: f{i}, {item.Yaml}}}\n")) + "  - {name: size, expression: floor(amount / 3)}\n";

    private static List<double[]> WithoutSize(List<double[]> rows) => rows.ConvertAll(row => row[..^1]);

    private static double? Amount(Payment payment) => payment.AmountMinor / (payment.Currency == "JPY" ? 1.0 : payment.Currency == "KWD" ? 1000 : 100);

    private static string? Basket(Payment payment) => payment.Attributes is { } attributes && attributes.TryGetValue("basket", out var value) ? $"{value}" : null;

    private static string Size(Payment payment) => $"{Math.Floor(Amount(payment)!.Value / 3)}";

    private static string? Joined(string? left, string? right) => left is null || right is null ? null : $"{left}|{right}";
}
