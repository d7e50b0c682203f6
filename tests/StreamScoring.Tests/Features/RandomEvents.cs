using CsCheck;
using StreamScoring.Contracts;

namespace StreamScoring.Tests.Features;

/// <summary>Payments and labels for property tests.</summary>
internal static class RandomEvents
{
    public const long Second = 1000;

    /// <summary>
    /// What is drawn for one payment. Of each number the least is the plainest, so that what
    /// shrinks becomes plain.
    /// </summary>
    /// <param name="Step">Seconds since the payment before.</param>
    /// <param name="Late">Seconds before the clock.</param>
    /// <param name="Card">Key, and whether there is one; likewise the merchant.</param>
    /// <param name="Before">A label that comes before its payment; null for none.</param>
    /// <param name="After">One of any payment so far, so many back; null for none.</param>
    private sealed record Draw(
        int Step, int Late, (int Key, bool IsThere) Card, (int Key, bool IsThere) Merchant, int Ip, int Amount, string Currency, string? Channel, double? Basket,
        (int Delay, bool Fraud)? Before, (int Back, int Delay, bool Fraud)? After);

    private static readonly Gen<(int Delay, bool Fraud)> Verdicts = Gen.Select(Gen.Int[0, 3], Gen.Bool);

    /// <summary>
    /// Few keys, few distinct times, ties, late payments, missing keys and values, labels before,
    /// after and again.
    /// </summary>
    /// <param name="paymentsMin">At least so many; labels come beside them.</param>
    /// <param name="latenessMax">Seconds by which a payment may come late.</param>
    public static Gen<List<object>> Lists(int paymentsMin, int paymentsMax, int latenessMax, int keys = 3) => Draws(latenessMax, keys).List[paymentsMin, paymentsMax].Select(Made);

    /// <summary>The same list at each run.</summary>
    /// <param name="seed">Which one.</param>
    public static List<object> Some(ulong seed, int count, int lateness, int keys = 3) => Draws(lateness, keys).List[count].Select(Made).Generate(new PCG(1, seed), null, out _);

    private static Gen<Draw> Draws(int latenessMax, int keys)
    {
        var key = Gen.Select(Gen.Int[0, keys - 1], Gen.Frequency((9, Gen.Const(true)), (1, Gen.Const(false))));
        var ids = Gen.Select(key, key, Gen.Int[0, keys - 1]);
        var what = Gen.Select(
            Gen.Int[0, 3], Gen.Frequency((4, Gen.Const("EUR")), (1, Gen.Const("JPY")), (1, Gen.Const("KWD"))), Gen.Int[0, 2].Select(channel => channel switch { 0 => (string?)null, 1 => "online", _ => "pos" }),
            Gen.Frequency((1, Gen.Const((double?)null)), (2, Gen.Int[0, 3].Select(quarters => (double?)(quarters / 4.0)))));
        var labels = Gen.Select(
            Gen.Frequency((7, Gen.Const(((int, bool)?)null)), (1, Verdicts.Select(verdict => ((int, bool)?)verdict))),
            Gen.Frequency((2, Gen.Const(((int, int, bool)?)null)), (1, Gen.Select(Gen.Int[0, 1000], Verdicts, (back, verdict) => ((int, int, bool)?)(back, verdict.Delay, verdict.Fraud)))));
        return Gen.Select(
            Gen.Select(Gen.Int[0, 2], Gen.Int[0, latenessMax]), ids, what, labels,
            (time, id, of, label) => new Draw(time.Item1, time.Item2, id.Item1, id.Item2, id.Item3, of.Item1, of.Item2, of.Item3, of.Item4, label.Item1, label.Item2));
    }

    private static List<object> Made(List<Draw> draws)
    {
        var (events, payments, clock) = (new List<object>(), new List<Payment>(), 10_000L);
        foreach (var draw in draws)
        {
            clock += draw.Step;
            var payment = NewPayment(payments.Count, (clock - draw.Late) * Second, draw.Card.IsThere ? $"c-{draw.Card.Key}" : null) with
            {
                AmountMinor = draw.Amount * 333,
                Currency = draw.Currency,
                MerchantId = draw.Merchant.IsThere ? $"m-{draw.Merchant.Key}" : null,
                Ip = $"i-{draw.Ip}",
                Channel = draw.Channel,
                Attributes = draw.Basket is { } basket ? new Dictionary<string, object> { ["basket"] = basket } : null,
            };
            payments.Add(payment);
            if (draw.Before is var (delay, fraud))
            {
                events.Add(LabelOf(payment, delay, fraud));
            }

            events.Add(payment);
            if (draw.After is var (back, delayAfter, fraudAfter))
            {
                events.Add(LabelOf(payments[payments.Count - 1 - (back % payments.Count)], delayAfter, fraudAfter));
            }
        }

        return events;
    }

    public static Payment NewPayment(int i, long timeMs, string? card) => new()
    {
        PaymentId = $"p-{i}",
        EventTimeMs = timeMs,
        AmountMinor = 100,
        Currency = "EUR",
        CardId = card,
        Ip = "i-1",
    };

    /// <param name="delay">Milliseconds until it is known.</param>
    public static Label LabelOf(Payment payment, int delay, bool fraud) => new()
    {
        PaymentId = payment.PaymentId,
        EventTimeMs = payment.EventTimeMs,
        KnownAtMs = payment.EventTimeMs + delay,
        Fraud = fraud,
        CardId = payment.CardId,
        MerchantId = payment.MerchantId,
        Ip = payment.Ip,
    };
}
