using System.Text;
using System.Text.Json;
using MessagePack;
using StreamScoring.Emit;
using StreamScoring.Ingest;

namespace StreamScoring.Tests.Emit;

public sealed class DeadLetterEncoderTests
{
    private const string WrongCurrency = "{\"payment_id\":\"p\",\"event_time\":1,\"amount_minor\":1,\"currency\":\"ZZZ\",\"card_id\":\"c\",\"x\":VALUE}";

    [Theory]
    [InlineData("\"411111111111\\u00311\\u00311\"")]
    [InlineData("4.111111111111111e15")]
    [InlineData("\"4111111111111111 and \\u0034111111111111111\"")]
    public void No_copy_is_kept_of_a_record_that_hides_a_card_number_whatever_it_was_refused_for(string value)
    {
        var letter = Encode(Encoding.UTF8.GetBytes(WrongCurrency.Replace("VALUE", value, StringComparison.Ordinal)), "unknown_currency");
        Assert.True(letter.TryGetProperty("withheld", out _));
        Assert.False(letter.TryGetProperty("value", out _));
    }

    [Fact]
    public void No_copy_is_kept_of_a_record_with_a_card_number_in_binary()
    {
        var letter = Encode(MessagePackSerializer.Serialize(new object?[] { 1, "p", 1, 1, "EUR", 4111111111111111L }), "wrong_type");
        Assert.True(letter.TryGetProperty("withheld", out _));
        Assert.False(letter.TryGetProperty("value_base64", out _));
    }

    [Fact]
    public void A_plain_card_number_is_masked_and_the_rest_of_the_record_kept()
    {
        var letter = Encode(Encoding.UTF8.GetBytes(WrongCurrency.Replace("VALUE", "\"no 4111 1111 1111 1111\"", StringComparison.Ordinal)), "unknown_currency");
        Assert.True(letter.GetProperty("redacted").GetBoolean());
        Assert.Equal(WrongCurrency.Replace("VALUE", "\"no **** **** **** ****\"", StringComparison.Ordinal), letter.GetProperty("value").GetString());
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void A_log_time_beyond_the_calendar_stops_nothing(long logTimestampMs)
    {
        var batch = new StreamScoring.Batches.PaymentBatch(TestBatch.Layout, 1, 64);
        batch.Append(TestBatch.Payments, 0, logTimestampMs, decide: true, "{}"u8, 1024);
        new RecordDecoder(TestBatch.Layout, new IngestLimits(), TestBatch.Logs).Decode(batch);
        new DeadLetterEncoder(TestBatch.Logs).Encode(batch, 0, batch.Rejection[0], batch.Encoded.Buffer);
        Assert.Contains("log_time", Encoding.UTF8.GetString(batch.Encoded.Buffer.Written), StringComparison.Ordinal);
    }

    private static JsonElement Encode(byte[] record, string reason)
    {
        var batch = TestBatch.Decode(record);
        new DeadLetterEncoder(TestBatch.Logs).Encode(batch, 0, batch.Rejection[0], batch.Encoded.Buffer);
        var letter = JsonDocument.Parse(batch.Encoded.Buffer.Written.ToArray()).RootElement;
        Assert.Equal(reason, letter.GetProperty("reason").GetString());
        return letter;
    }
}
