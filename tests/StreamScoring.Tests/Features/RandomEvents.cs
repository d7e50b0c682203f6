using StreamScoring.Contracts;

namespace StreamScoring.Tests.Features;

/// <summary>Payments and labels for property tests.</summary>
internal static class RandomEvents
{
    public const long Second = 1000;

    /// <summary>Few keys, few distinct times, ties, late payments, missing keys and values, labels before, after and again.</summary>
    public static List<object> Make(Random random, int count, int lateness, int keys = 3)
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

    public static Payment NewPayment(int i, long timeMs, string? card) => new()
    {
        PaymentId = $"p-{i}",
        EventTimeMs = timeMs,
        AmountMinor = 100,
        Currency = "EUR",
        CardId = card,
        Ip = "i-1",
    };

    public static Label LabelOf(Payment payment, Random random) => new()
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
