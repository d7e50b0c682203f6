using System.Globalization;
using System.Text.Json;
using StreamScoring.Contracts;

namespace StreamScoring.Chaos.Oracle;

/// <summary>The fields of a payment that are recounted, read from either wire form.</summary>
public readonly record struct PublishedPayment(string Id, string Customer, long EventTimeMs, long AmountMinor)
{
    public static PublishedPayment Read(byte[] value)
    {
        if (value is not [(byte)'{', ..])
        {
            var payment = PaymentMessagePack.ReadPayment(value);
            return new PublishedPayment(payment.PaymentId, payment.CustomerId!, payment.EventTimeMs, payment.AmountMinor);
        }

        using var document = JsonDocument.Parse(value);
        var root = document.RootElement;
        return new PublishedPayment(
            root.GetProperty("payment_id").GetString()!,
            root.GetProperty("customer_id").GetString()!,
            DateTimeOffset.Parse(root.GetProperty("event_time").GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds(),
            root.GetProperty("amount_minor").GetInt64());
    }
}
