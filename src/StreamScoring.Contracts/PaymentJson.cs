using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>
/// Payments and labels as JSON, with the contract's names. Absent fields are left out.
/// </summary>
public static class PaymentJson
{
    public static void Write(Utf8JsonWriter writer, Payment payment)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(payment);
        writer.WriteStartObject();
        writer.WriteString("payment_id", payment.PaymentId);
        writer.WriteString("event_time", DecisionJson.Iso(payment.EventTimeMs));
        writer.WriteNumber("amount_minor", payment.AmountMinor);
        writer.WriteString("currency", payment.Currency);
        WriteText(writer, "card_id", payment.CardId);
        WriteText(writer, "customer_id", payment.CustomerId);
        WriteText(writer, "merchant_id", payment.MerchantId);
        WriteText(writer, "terminal_id", payment.TerminalId);
        WriteText(writer, "mcc", payment.Mcc);
        WriteText(writer, "merchant_country", payment.MerchantCountry);
        WriteText(writer, "card_country", payment.CardCountry);
        WriteText(writer, "ip_country", payment.IpCountry);
        WriteText(writer, "ip", payment.Ip);
        WriteText(writer, "device_id", payment.DeviceId);
        WriteText(writer, "email_hash", payment.EmailHash);
        WriteText(writer, "channel", payment.Channel);
        if (payment.Attributes is { Count: > 0 } attributes)
        {
            writer.WriteStartObject("attributes");
            foreach (var (name, value) in attributes)
            {
                if (value is double number)
                {
                    writer.WriteNumber(name, number);
                }
                else
                {
                    writer.WriteString(name, (string)value);
                }
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, Label label)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(label);
        writer.WriteStartObject();
        writer.WriteString("payment_id", label.PaymentId);
        writer.WriteString("event_time", DecisionJson.Iso(label.EventTimeMs));
        writer.WriteString("known_at", DecisionJson.Iso(label.KnownAtMs));
        writer.WriteBoolean("fraud", label.Fraud);
        WriteText(writer, "card_id", label.CardId);
        WriteText(writer, "customer_id", label.CustomerId);
        WriteText(writer, "merchant_id", label.MerchantId);
        WriteText(writer, "terminal_id", label.TerminalId);
        WriteText(writer, "ip", label.Ip);
        WriteText(writer, "device_id", label.DeviceId);
        WriteText(writer, "email_hash", label.EmailHash);
        writer.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
