using System.Buffers;
using System.Text;
using System.Text.Json;
using MessagePack;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>Keys and values of the records that a publisher sends. Any thread may use it.</summary>
internal sealed class RecordWriter
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    private readonly WireForm _form;
    private readonly Func<Payment, string?> _paymentEntity;
    private readonly Func<Label, string?> _labelEntity;

    /// <exception cref="ArgumentException">The field is no entity id.</exception>
    public RecordWriter(TextField partitionBy, WireForm form)
    {
        _form = form;
        (_paymentEntity, _labelEntity) = partitionBy switch
        {
            TextField.CardId => ((Func<Payment, string?>)(payment => payment.CardId), (Func<Label, string?>)(label => label.CardId)),
            TextField.CustomerId => (payment => payment.CustomerId, label => label.CustomerId),
            TextField.MerchantId => (payment => payment.MerchantId, label => label.MerchantId),
            TextField.TerminalId => (payment => payment.TerminalId, label => label.TerminalId),
            TextField.Ip => (payment => payment.Ip, label => label.Ip),
            TextField.DeviceId => (payment => payment.DeviceId, label => label.DeviceId),
            TextField.EmailHash => (payment => payment.EmailHash, label => label.EmailHash),
            _ => throw new ArgumentException($"{TextFields.NameOf(partitionBy)} is no entity id; allowed: {string.Join(", ", TextFields.EntityIds.Select(TextFields.NameOf))}", nameof(partitionBy)),
        };
    }

    /// <summary>
    /// The entity's id. A record without one is keyed by its payment, so that at least the
    /// payment's retries stay together.
    /// </summary>
    public byte[] KeyOf(Payment payment) => Encoding.UTF8.GetBytes(_paymentEntity(payment) ?? payment.PaymentId);

    /// <inheritdoc cref="KeyOf(Payment)"/>
    public byte[] KeyOf(Label label) => Encoding.UTF8.GetBytes(_labelEntity(label) ?? label.PaymentId);

    public byte[] ValueOf(Payment payment)
    {
        var buffer = Buffer();
        if (_form == WireForm.Json)
        {
            using var json = new Utf8JsonWriter(buffer);
            PaymentJson.Write(json, payment);
        }
        else
        {
            var writer = new MessagePackWriter(buffer);
            PaymentMessagePack.Write(ref writer, payment);
            writer.Flush();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public byte[] ValueOf(Label label)
    {
        var buffer = Buffer();
        if (_form == WireForm.Json)
        {
            using var json = new Utf8JsonWriter(buffer);
            PaymentJson.Write(json, label);
        }
        else
        {
            var writer = new MessagePackWriter(buffer);
            PaymentMessagePack.Write(ref writer, label);
            writer.Flush();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static ArrayBufferWriter<byte> Buffer()
    {
        _buffer ??= new ArrayBufferWriter<byte>(1024);
        _buffer.ResetWrittenCount();
        return _buffer;
    }
}
