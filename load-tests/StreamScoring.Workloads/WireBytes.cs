using System.Buffers;
using System.Text.Json;
using MessagePack;
using StreamScoring.Contracts;

namespace StreamScoring.Workloads;

/// <summary>Payments and labels as a publisher writes them.</summary>
public static class WireBytes
{
    public static byte[] MessagePack(Payment payment)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        var writer = new MessagePackWriter(buffer);
        PaymentMessagePack.Write(ref writer, payment);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] MessagePack(Label label)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        var writer = new MessagePackWriter(buffer);
        PaymentMessagePack.Write(ref writer, label);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Json(Payment payment) => Json(writer => PaymentJson.Write(writer, payment));

    public static byte[] Json(Label label) => Json(writer => PaymentJson.Write(writer, label));

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
