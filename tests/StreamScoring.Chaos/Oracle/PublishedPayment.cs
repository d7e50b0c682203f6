using System.Globalization;
using System.Text.Json;
using StreamScoring.Contracts;

namespace StreamScoring.Chaos.Oracle;

/// <summary>The fields of a payment that are recounted, read from either wire form.</summary>
/// <param name="Id">With the customer, the terminal and the amount it makes two records
/// publications of one payment: the others are never stamped here.</param>
public readonly record struct PublishedPayment(string Id, string Customer, string? Terminal, long EventTimeMs, long AmountMinor)
{
    /// <summary>
    /// What a retry has in common with its payment. The event time may be another.
    /// </summary>
    public (string, string, string?, long) Identity => (Id, Customer, Terminal, AmountMinor);

    public static PublishedPayment Read(byte[] value)
    {
        if (value is not [(byte)'{', ..])
        {
            var payment = PaymentMessagePack.ReadPayment(value);
            return new PublishedPayment(payment.PaymentId, payment.CustomerId!, payment.TerminalId, payment.EventTimeMs, payment.AmountMinor);
        }

        using var document = JsonDocument.Parse(value);
        var root = document.RootElement;
        return new PublishedPayment(
            root.GetProperty("payment_id").GetString()!,
            root.GetProperty("customer_id").GetString()!,
            root.TryGetProperty("terminal_id", out var terminal) ? terminal.GetString() : null,
            DateTimeOffset.Parse(root.GetProperty("event_time").GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds(),
            root.GetProperty("amount_minor").GetInt64());
    }
}
