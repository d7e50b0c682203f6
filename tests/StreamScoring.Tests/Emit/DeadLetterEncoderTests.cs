using System.Text;
using System.Text.Json;
using MessagePack;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Emit;
using StreamScoring.Ingest;
using StreamScoring.Tests.Contracts;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Emit;

public sealed class DeadLetterEncoderTests
{
    private const string WrongCurrency = "{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"ZZZ\",\"card_id\":\"c\",\"x\":VALUE}";

    [Theory]
    [InlineData("\"411111111111\\u00311\\u00311\"")]
    [InlineData("4.111111111111111e15")]
    [InlineData("\"4111111111111111 and \\u0034111111111111111\"")]
    [InlineData("\"nothing secret\"")]
    public void Fields_that_are_none_of_the_contract_are_not_copied(string value)
    {
        var record = WrongCurrency.Replace("VALUE", value, StringComparison.Ordinal);
        var letter = Encode(Encoding.UTF8.GetBytes(record), "unknown_currency");
        Assert.Equal("""{"payment_id":"p","event_time":1700000000000,"amount_minor":1,"currency":"ZZZ","card_id":"c"}""", letter.GetProperty("value").GetString());
        Assert.Equal($"\"x\":{value}".Length, letter.GetProperty("withheld_bytes").GetInt32());
        Assert.Equal(record.IndexOf("\"x\"", StringComparison.Ordinal), letter.GetProperty("withheld_from").GetInt32());
        Assert.Matches("^[0-9a-f]{16}$", letter.GetProperty("withheld_hash").GetString());
        Assert.Contains("only fields of the contract are copied", letter.GetProperty("withheld").GetString(), StringComparison.Ordinal);
        var read = DeadLetterJson.Read(Encoding.UTF8.GetBytes(letter.GetRawText()));
        Assert.Equal(
            (letter.GetProperty("withheld_bytes").GetInt64(), letter.GetProperty("withheld_from").GetInt64(), letter.GetProperty("withheld_hash").GetString()),
            (read.WithheldBytes!.Value, read.WithheldFrom!.Value, read.WithheldHash));
    }

    [Fact]
    public void The_hash_tells_the_same_bytes_again_and_needs_the_key()
    {
        Assert.Equal(HashOf("nothing", 1), HashOf("nothing", 1));
        Assert.NotEqual(HashOf("nothing", 1), HashOf("nothinG", 1));
        Assert.NotEqual(HashOf("nothing", 1), HashOf("nothing", 2));

        static string HashOf(string record, byte key)
        {
            var batch = TestBatch.Decode(Encoding.UTF8.GetBytes(record));
            new DeadLetterEncoder(TestBatch.Logs, [key]).Encode(batch, 0, batch.Rejection[0], batch.Encoded.Buffer);
            return JsonDocument.Parse(batch.Encoded.Buffer.Written.ToArray()).RootElement.GetProperty("withheld_hash").GetString()!;
        }
    }

    [Fact]
    public void A_record_in_messagepack_is_copied_field_by_field_as_json()
    {
        var letter = Encode(
            MessagePackSerializer.Serialize(new object?[]
            {
                1, "p", 1_700_000_000_000L, 1.5, "EUR", 4111111111111111L, "c", null, null, 5411, null, null, null, null, null, null, true, new Dictionary<string, object?> { ["a"] = "4539 5787 6362 1486", ["b"] = 2.5, ["4539578763621486"] = 1, ["c"] = new[] { 1 } },
                "more",
            }),
            "wrong_type");
        Assert.Equal(
            """{"payment_id":"p","event_time":1700000000000,"amount_minor":1.5,"currency":"EUR","card_id":"(16 digits withheld)","customer_id":"c","mcc":5411,"channel":true,"attributes":{"a":"**** **** **** ****","b":2.5}}""",
            letter.GetProperty("value").GetString());
        Assert.True(letter.GetProperty("redacted").GetBoolean());
    }

    [Fact]
    public void A_number_that_was_rounded_is_withheld_in_every_form()
    {
        foreach (var value in new object[] { 4539578763621486f, 4.53957876362149E+15, 4539578763621486.7, "4.53957876362149E+15" })
        {
            var record = MessagePackSerializer.Serialize(new object?[] { 1, "p", 1_700_000_000_000L, value, "EUR", "c", null, null, null, null, null, null, null, null, null, null, null, new Dictionary<string, object?> { ["a"] = value } });
            Assert.DoesNotContain("453957", Encode(record, "wrong_type").GetProperty("value").GetString()!.Replace(".", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_plain_card_number_is_masked_and_the_rest_of_the_record_kept()
    {
        var record = WrongCurrency.Replace("\"c\"", "\"no 4111 1111 1111 1111\"", StringComparison.Ordinal).Replace(",\"x\":VALUE", "", StringComparison.Ordinal);
        var letter = Encode(Encoding.UTF8.GetBytes(record), "unknown_currency");
        Assert.True(letter.GetProperty("redacted").GetBoolean());
        Assert.False(letter.TryGetProperty("withheld", out _));
        Assert.Equal(record.Replace("4111 1111 1111 1111", "**** **** **** ****", StringComparison.Ordinal), letter.GetProperty("value").GetString());
    }

    public static TheoryData<string, string> Disguises => CardNumberTests.Disguises;

    [Theory, MemberData(nameof(Disguises))]
    public void No_dead_letter_holds_a_card_number_in_any_place_of_any_form(string name, string text)
    {
        foreach (var record in Records(text))
        {
            var batch = TestBatch.Decode(record);
            Assert.NotEqual(RejectReason.None, batch.Rejection[0].Reason);
            new DeadLetterEncoder(TestBatch.Logs).Encode(batch, 0, batch.Rejection[0], batch.Encoded.Buffer);
            CardNumberSearch.AssertNone(batch.Encoded.Buffer.Written.ToArray(), name);
        }
    }

    private static IEnumerable<byte[]> Records(string text)
    {
        var json = JsonSerializer.Serialize(text);
        string[] records =
        [
            WrongCurrency.Replace("VALUE", json, StringComparison.Ordinal),
            WrongCurrency.Replace("VALUE", $"[{{\"a\":{json}}}]", StringComparison.Ordinal),
            WrongCurrency.Replace("VALUE", "1", StringComparison.Ordinal).Replace("\"c\"", json, StringComparison.Ordinal),
            WrongCurrency.Replace("\"x\":VALUE", $"\"attributes\":{{\"a\":{json},{json}:1}}", StringComparison.Ordinal),
            WrongCurrency.Replace("\"x\":VALUE", $"\"attributes\":{{\"a\":\"4539\",\"b\":\"5787\",\"c\":6362,\"d\":\"1486\"}}", StringComparison.Ordinal),
            WrongCurrency.Replace("\"x\":VALUE", $"\"attributes\":{{\"a\":\"45395787\",\"b\":63621486}}", StringComparison.Ordinal),
            WrongCurrency.Replace("\"x\":VALUE", $"{json}:1", StringComparison.Ordinal),
            $"{{\"payment_id\":\"p\",\"card_id\":{json}",
            $"{{\"payment_id\":{json[..^1]}",
            $"{{\"payment_id\":\"p\",{text}",
            text,
        ];
        foreach (var encoding in new[] { Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32 })
        {
            foreach (var record in records)
            {
                yield return encoding.GetBytes(record);
            }
        }

        yield return MessagePackSerializer.Serialize(new object?[] { 1, text, 1, 1, "ZZZ", text, text, null, null, null, null, null, null, null, null, null, null, new Dictionary<string, object> { [text] = text }, text });
        yield return MessagePackSerializer.Serialize(new object?[] { 1, "p", 1, 1, "ZZZ", Convert.FromHexString(CardNumberDisguises.Number), 4539578763621486L, 4539578763621486.0 });
    }

    [Fact]
    public void A_record_that_is_cut_at_a_limit_shows_no_part_of_a_number()
    {
        var record = Encoding.UTF8.GetBytes($"{{\"payment_id\":\"p\",\"customer_id\":\"{new string('x', 900)} {CardNumberDisguises.Number}\",\"amount_minor\":{CardNumberDisguises.Number}");
        for (var limit = 20; limit < record.Length; limit++)
        {
            var batch = TestBatch.Decode(new IngestLimits { RecordBytesMax = limit }, TestBatch.Payments, record);
            Assert.Equal(RejectReason.TooLarge, batch.Rejection[0].Reason);
            new DeadLetterEncoder(TestBatch.Logs).Encode(batch, 0, batch.Rejection[0], batch.Encoded.Buffer);
            var letter = JsonDocument.Parse(batch.Encoded.Buffer.Written.ToArray()).RootElement;
            Assert.True(letter.GetProperty("cut").GetBoolean());
            Assert.DoesNotContain("4539", letter.TryGetProperty("value", out var copy) ? copy.GetString() : "", StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_prefix_of_a_record_gives_a_letter_whose_copy_is_json()
    {
        var json = Encoding.UTF8.GetBytes("""{"payment_id":"p","event_time":1700000000000,"attributes":{"a":"b","c":1.5,"d":null},"x":[1,{"y":2}],"currency":"ZZZ","fraud":true}""");
        var messagePack = MessagePackSerializer.Serialize(new object?[] { 1, "p", 5, 1, "ZZZ", "c", null, null, null, null, null, null, null, null, null, null, null, new Dictionary<string, object?> { ["a"] = "b", ["c"] = 1.5 }, new[] { 1, 2 } });
        foreach (var record in new[] { json, messagePack })
        {
            for (var length = 2; length <= record.Length; length++)
            {
                var batch = TestBatch.Decode(record[..length]);
                new DeadLetterEncoder(TestBatch.Logs).Encode(batch, 0, batch.Rejection[0], batch.Encoded.Buffer);
                var letter = JsonDocument.Parse(batch.Encoded.Buffer.Written.ToArray()).RootElement;
                if (letter.TryGetProperty("value", out var copy))
                {
                    JsonDocument.Parse(copy.GetString()!);
                }

                Assert.True(letter.TryGetProperty("value", out _) || letter.TryGetProperty("withheld", out _));
            }
        }
    }

    [Theory]
    [InlineData(long.MaxValue, "9999-12-31T23:59:59.999Z")]
    [InlineData(long.MinValue, "0001-01-01T00:00:00.000Z")]
    [InlineData(1_700_000_000_000, "2023-11-14T22:13:20.000Z")]
    public void A_log_time_beyond_the_calendar_is_its_nearest_day(long logTimestampMs, string written)
    {
        var batch = new StreamScoring.Batches.PaymentBatch(TestBatch.Layout, 1, 64);
        batch.Append(TestBatch.Payments, 0, logTimestampMs, decide: true, "{}"u8, 1024);
        new RecordDecoder(TestBatch.Layout, new IngestLimits(), TestBatch.Logs).Decode(batch);
        new DeadLetterEncoder(TestBatch.Logs).Encode(batch, 0, batch.Rejection[0], batch.Encoded.Buffer);
        Assert.Equal(written, JsonDocument.Parse(batch.Encoded.Buffer.Written.ToArray()).RootElement.GetProperty("log_time").GetString());
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
