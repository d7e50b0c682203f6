using MessagePack;

namespace StreamScoring.Contracts;

/// <summary>
/// The compact wire form of payments and labels: one MessagePack array, the version first, then the
/// fields by position. A reader takes the positions it knows and skips what follows, so a writer
/// may append fields.
/// </summary>
/// <remarks>
/// Payment: [1, payment_id, event_time ms, amount_minor, currency, card_id, customer_id,
/// merchant_id, terminal_id, mcc, merchant_country, card_country, ip_country, ip, device_id,
/// email_hash, channel, attributes map]. Label: [1, payment_id, event_time ms, known_at ms, fraud,
/// card_id, customer_id, merchant_id, terminal_id, ip, device_id, email_hash]. Absent fields are
/// nil; trailing ones may be left out. Format: the MessagePack specification,
/// https://github.com/msgpack/msgpack.
/// </remarks>
public static class PaymentMessagePack
{
    /// <summary>The first element of every record.</summary>
    public const int Version = 1;

    /// <summary>Elements that this version writes for a payment and for a label.</summary>
    public const int PaymentElements = 18, LabelElements = 12;

    public static void Write(ref MessagePackWriter writer, Payment payment)
    {
        ArgumentNullException.ThrowIfNull(payment);
        writer.WriteArrayHeader(PaymentElements);
        writer.Write(Version);
        writer.Write(payment.PaymentId);
        writer.Write(payment.EventTimeMs);
        writer.Write(payment.AmountMinor);
        writer.Write(payment.Currency);
        writer.Write(payment.CardId);
        writer.Write(payment.CustomerId);
        writer.Write(payment.MerchantId);
        writer.Write(payment.TerminalId);
        writer.Write(payment.Mcc);
        writer.Write(payment.MerchantCountry);
        writer.Write(payment.CardCountry);
        writer.Write(payment.IpCountry);
        writer.Write(payment.Ip);
        writer.Write(payment.DeviceId);
        writer.Write(payment.EmailHash);
        writer.Write(payment.Channel);
        if (payment.Attributes is null)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteMapHeader(payment.Attributes.Count);
        foreach (var (name, value) in payment.Attributes)
        {
            writer.Write(name);
            if (value is double number)
            {
                writer.Write(number);
            }
            else
            {
                writer.Write((string)value);
            }
        }
    }

    public static void Write(ref MessagePackWriter writer, Label label)
    {
        ArgumentNullException.ThrowIfNull(label);
        writer.WriteArrayHeader(LabelElements);
        writer.Write(Version);
        writer.Write(label.PaymentId);
        writer.Write(label.EventTimeMs);
        writer.Write(label.KnownAtMs);
        writer.Write(label.Fraud);
        writer.Write(label.CardId);
        writer.Write(label.CustomerId);
        writer.Write(label.MerchantId);
        writer.Write(label.TerminalId);
        writer.Write(label.Ip);
        writer.Write(label.DeviceId);
        writer.Write(label.EmailHash);
    }

    /// <summary>Reads a payment back. For tools: the pipeline decodes into columns.</summary>
    /// <exception cref="MessagePackSerializationException">The bytes are no payment of this
    /// version.</exception>
    public static Payment ReadPayment(ReadOnlyMemory<byte> bytes) => MessagePackRead.Guarded(bytes, ReadPayment);

    /// <inheritdoc cref="ReadPayment(ReadOnlyMemory{byte})"/>
    public static Label ReadLabel(ReadOnlyMemory<byte> bytes) => MessagePackRead.Guarded(bytes, ReadLabel);

    private static Payment ReadPayment(ref MessagePackReader reader)
    {
        RequireStart(ref reader, PaymentElements);
        return new Payment
        {
            PaymentId = reader.ReadString() ?? "",
            EventTimeMs = reader.ReadInt64(),
            AmountMinor = reader.ReadInt64(),
            Currency = reader.ReadString() ?? "",
            CardId = reader.ReadString(),
            CustomerId = reader.ReadString(),
            MerchantId = reader.ReadString(),
            TerminalId = reader.ReadString(),
            Mcc = reader.ReadString(),
            MerchantCountry = reader.ReadString(),
            CardCountry = reader.ReadString(),
            IpCountry = reader.ReadString(),
            Ip = reader.ReadString(),
            DeviceId = reader.ReadString(),
            EmailHash = reader.ReadString(),
            Channel = reader.ReadString(),
            Attributes = ReadAttributes(ref reader),
        };
    }

    private static Label ReadLabel(ref MessagePackReader reader)
    {
        RequireStart(ref reader, LabelElements);
        return new Label
        {
            PaymentId = reader.ReadString() ?? "",
            EventTimeMs = reader.ReadInt64(),
            KnownAtMs = reader.ReadInt64(),
            Fraud = reader.ReadBoolean(),
            CardId = reader.ReadString(),
            CustomerId = reader.ReadString(),
            MerchantId = reader.ReadString(),
            TerminalId = reader.ReadString(),
            Ip = reader.ReadString(),
            DeviceId = reader.ReadString(),
            EmailHash = reader.ReadString(),
        };
    }

    private static void RequireStart(ref MessagePackReader reader, int elements)
    {
        if (reader.ReadArrayHeader() < elements || reader.ReadInt32() != Version)
        {
            throw new MessagePackSerializationException($"not a record of version {Version} with {elements} elements");
        }
    }

    private static Dictionary<string, object>? ReadAttributes(ref MessagePackReader reader)
    {
        if (reader.TryReadNil())
        {
            return null;
        }

        var count = reader.ReadMapHeader();
        var attributes = new Dictionary<string, object>(count);
        for (var i = 0; i < count; i++)
        {
            var name = reader.ReadString() ?? "";
            attributes[name] = reader.NextMessagePackType == MessagePackType.String ? reader.ReadString() ?? "" : reader.ReadDouble();
        }

        return attributes;
    }
}
