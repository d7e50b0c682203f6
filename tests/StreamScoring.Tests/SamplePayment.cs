using System.Buffers;
using MessagePack;
using StreamScoring.Contracts;

namespace StreamScoring.Tests;

internal static class SamplePayment
{
    /// <summary>Has a value in every field.</summary>
    public static readonly Payment Full = new()
    {
        PaymentId = "p-1",
        EventTimeMs = 1_533_686_412_000,
        AmountMinor = 1234,
        Currency = "EUR",
        CardId = "k-1",
        CustomerId = "c-1",
        MerchantId = "m-1",
        TerminalId = "t-1",
        Mcc = "5411",
        MerchantCountry = "FR",
        CardCountry = "DE",
        IpCountry = "IT",
        Ip = "10.1.2.3",
        DeviceId = "d-1",
        EmailHash = "e-1",
        Channel = "online",
        Attributes = new Dictionary<string, object> { ["basket"] = 3.0, ["agent"] = "né" },
    };

    public static byte[] Encode(Payment payment)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        PaymentMessagePack.Write(ref writer, payment);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
