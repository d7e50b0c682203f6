using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Expressions;

namespace StreamScoring.Tests.Features;

/// <summary>Every aggregate over every kind of window.</summary>
internal static class FeatureCases
{
    /// <summary>
    /// Features in YAML with the oracle's question beside each: windows of seconds, so that random
    /// events crowd their edges.
    /// </summary>
    public static readonly (string Yaml, WindowOracle.Query Query)[] All = [.. Build(), .. BuildByLabel(isForEver: false)];

    /// <summary>
    /// Those that look at labels and keep all of the past, as any payment's label may come yet.
    /// </summary>
    public static readonly (string Yaml, WindowOracle.Query Query)[] ByLabelForEver = [.. BuildByLabel(isForEver: true)];

    /// <summary>
    /// By which payments are taken in the base currency; what a dinar is worth nobody knows.
    /// </summary>
    public static RateSchedule Rates { get; } = RateSchedule.Of(RatesFile.Parse("rates.yaml", "base: EUR\nrates: {JPY: 160}"));

    private static IEnumerable<(string, WindowOracle.Query)> Build()
    {
        static double? Amount(Payment payment) => payment.AmountMinor / (payment.Currency == "JPY" ? 1.0 : payment.Currency == "KWD" ? 1000 : 100);
        static double? Base(Payment payment) => payment.Currency == "KWD" ? null : Math.Round(Amount(payment)!.Value / (payment.Currency == "JPY" ? 160 : 1) * 10_000) / 10_000;
        static double? Basket(Payment payment) => payment.Attributes is { } attributes && attributes.TryGetValue("basket", out var value) ? (double)value : null;
        static string? Card(Payment payment) => payment.CardId;
        static string? Merchant(Payment payment) => payment.MerchantId;
        static string? Pair(Payment payment) => payment.CardId is null || payment.MerchantId is null ? null : payment.CardId + "|" + payment.MerchantId;
        static bool Online(Payment payment) => Amount(payment) > 5 && payment.Channel == "online";

        const string where = "where: amount > 5 and channel == \"online\"";
        var aggregates = new[] { "sum", "mean", "min", "max", "stddev_population", "stddev_sample", "last", "previous", "zscore" };
        foreach (var aggregate in aggregates)
        {
            yield return ($"entity: card_id, aggregate: {aggregate}, of: amount, window: 10s", new(aggregate, Card, 10 * RandomEvents.Second, Value: Amount));
            yield return ($"entity: card_id, aggregate: {aggregate}, of: attributes.basket, window: 7s, delay: 3s", new(aggregate, Card, 7 * RandomEvents.Second, 3 * RandomEvents.Second, Value: Basket));
            yield return ($"entity: merchant_id, aggregate: {aggregate}, of: amount, window: 20s, {where}", new(aggregate, Merchant, 20 * RandomEvents.Second, Where: Online, Value: Amount));
            yield return ($"entity: card_id, aggregate: {aggregate}, of: amount, window: ever", new(aggregate, Card, Value: Amount));
            yield return ($"entity: merchant_id, aggregate: {aggregate}, of: amount_base, window: 15s", new(aggregate, Merchant, 15 * RandomEvents.Second, Value: Base));
            yield return ($"entity: card_id, aggregate: {aggregate}, of: amount, window: last 3, {where}", new(aggregate, Card, LastCount: 3, Where: Online, Value: Amount));
            yield return ($"entity: card_id, aggregate: {aggregate}, of: amount, window: 10s, exclude_current: true", new(aggregate, Card, 10 * RandomEvents.Second, ExcludeCurrent: true, Value: Amount));
        }

        foreach (var aggregate in new[] { "count", "risk" })
        {
            yield return ($"entity: card_id, aggregate: {aggregate}, window: 10s", new(aggregate, Card, 10 * RandomEvents.Second));
            yield return ($"entity: card_id, aggregate: {aggregate}, window: 5s, delay: 5s", new(aggregate, Card, 5 * RandomEvents.Second, 5 * RandomEvents.Second));
            yield return ($"entity: merchant_id, aggregate: {aggregate}, window: 20s, {where}", new(aggregate, Merchant, 20 * RandomEvents.Second, Where: Online));
            yield return ($"entity: merchant_id, aggregate: {aggregate}, window: ever, delay: 2s", new(aggregate, Merchant, DelayMs: 2 * RandomEvents.Second));
            yield return ($"entity: merchant_id, aggregate: {aggregate}, window: last 4", new(aggregate, Merchant, LastCount: 4));
            yield return ($"entity: [card_id, merchant_id], aggregate: {aggregate}, window: 15s, exclude_current: true", new(aggregate, Pair, 15 * RandomEvents.Second, ExcludeCurrent: true));
        }

        foreach (var key in new[] { "card_id", "ip" })
        {
            Func<Payment, string?> of = key == "card_id" ? Card : payment => payment.Ip;
            yield return ($"entity: {key}, aggregate: distinct, of: merchant_id, window: 12s", new("distinct", of, 12 * RandomEvents.Second, Distinct: Merchant));
            yield return ($"entity: {key}, aggregate: distinct, of: merchant_id, window: 12s, delay: 4s", new("distinct", of, 12 * RandomEvents.Second, 4 * RandomEvents.Second, Distinct: Merchant));
            yield return ($"entity: {key}, aggregate: distinct, of: merchant_id, window: 12s, {where}", new("distinct", of, 12 * RandomEvents.Second, Where: Online, Distinct: Merchant));
            yield return ($"entity: {key}, aggregate: distinct, of: merchant_id, window: ever", new("distinct", of, Distinct: Merchant));
            yield return ($"entity: {key}, aggregate: distinct, of: attributes.basket, window: last 5", new("distinct", of, LastCount: 5, Distinct: payment => Basket(payment)?.ToString("R")));
            yield return ($"entity: {key}, aggregate: seconds_since_last", new("seconds_since_last", of));
            yield return ($"entity: {key}, aggregate: seconds_since_last, window: 6s, {where}", new("seconds_since_last", of, 6 * RandomEvents.Second, Where: Online));
            yield return ($"entity: {key}, aggregate: decayed_count, half_life: 4s", new("decayed_count", of, HalfLifeMs: 4 * RandomEvents.Second));
            yield return ($"entity: {key}, aggregate: decayed_sum, of: amount, half_life: 4s, window: 9s", new("decayed_sum", of, 9 * RandomEvents.Second, HalfLifeMs: 4 * RandomEvents.Second, Value: Amount));
        }
    }

    private static IEnumerable<(string, WindowOracle.Query)> BuildByLabel(bool isForEver)
    {
        static double? Amount(Payment payment) => payment.AmountMinor / (payment.Currency == "JPY" ? 1.0 : payment.Currency == "KWD" ? 1000 : 100);
        static double? Basket(Payment payment) => payment.Attributes is { } attributes && attributes.TryGetValue("basket", out var value) ? (double)value : null;
        static string? Card(Payment payment) => payment.CardId;
        static string? Merchant(Payment payment) => payment.MerchantId;
        static bool Online(Payment payment) => Amount(payment) > 5 && payment.Channel == "online";

        const string where = "where: amount > 5 and channel == \"online\"";
        foreach (var label in new[] { "fraud", "genuine", "known", "not_fraud" })
        {
            if (isForEver)
            {
                yield return ($"entity: merchant_id, aggregate: count, window: ever, delay: 2s, label: {label}", new("count", Merchant, DelayMs: 2 * RandomEvents.Second, Label: label));
                yield return ($"entity: card_id, aggregate: seconds_since_last, label: {label}, {where}", new("seconds_since_last", Card, Where: Online, Label: label));
                yield return ($"entity: card_id, aggregate: previous, of: amount, label: {label}", new("previous", Card, Value: Amount, Label: label));
                foreach (var aggregate in new[] { "sum", "mean", "min", "max", "stddev_population", "zscore", "last" })
                {
                    yield return ($"entity: card_id, aggregate: {aggregate}, of: amount, window: ever, label: {label}", new(aggregate, Card, Value: Amount, Label: label));
                    yield return ($"entity: merchant_id, aggregate: {aggregate}, of: attributes.basket, window: last 3, label: {label}", new(aggregate, Merchant, LastCount: 3, Value: Basket, Label: label));
                }

                continue;
            }

            yield return ($"entity: card_id, aggregate: count, window: 10s, exclude_current: true, label: {label}", new("count", Card, 10 * RandomEvents.Second, ExcludeCurrent: true, Label: label));
            yield return ($"entity: merchant_id, aggregate: decayed_sum, of: amount, half_life: 4s, window: 9s, label: {label}", new("decayed_sum", Merchant, 9 * RandomEvents.Second, HalfLifeMs: 4 * RandomEvents.Second, Value: Amount, Label: label));
            foreach (var aggregate in new[] { "sum", "mean", "min", "max", "stddev_sample", "last", "zscore" })
            {
                yield return ($"entity: card_id, aggregate: {aggregate}, of: attributes.basket, window: 9s, delay: 3s, label: {label}", new(aggregate, Card, 9 * RandomEvents.Second, 3 * RandomEvents.Second, Value: Basket, Label: label));
                yield return ($"entity: merchant_id, aggregate: {aggregate}, of: amount, window: 20s, label: {label}, {where}", new(aggregate, Merchant, 20 * RandomEvents.Second, Where: Online, Value: Amount, Label: label));
            }
        }

        foreach (var aggregate in new[] { "fraud_run", "seconds_since_fraud_run" })
        {
            if (isForEver)
            {
                yield return ($"entity: merchant_id, aggregate: {aggregate}", new(aggregate, Merchant));
                yield return ($"entity: card_id, aggregate: {aggregate}, delay: 2s, {where}", new(aggregate, Card, DelayMs: 2 * RandomEvents.Second, Where: Online));
                continue;
            }

            yield return ($"entity: merchant_id, aggregate: {aggregate}, window: 20s, {where}", new(aggregate, Merchant, 20 * RandomEvents.Second, Where: Online));
            yield return ($"entity: card_id, aggregate: {aggregate}, window: 15s, delay: 2s", new(aggregate, Card, 15 * RandomEvents.Second, 2 * RandomEvents.Second));
            yield return ($"entity: card_id, aggregate: {aggregate}, window: 15s, exclude_current: true", new(aggregate, Card, 15 * RandomEvents.Second, ExcludeCurrent: true));
        }
    }
}
