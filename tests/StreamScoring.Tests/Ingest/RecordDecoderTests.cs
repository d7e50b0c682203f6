using System.Buffers;
using System.Text;
using CsCheck;
using MessagePack;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Ingest;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Ingest;

public sealed class RecordDecoderTests
{
    private const string Good =
        """{"payment_id":"p-1","event_time":"2018-08-08T00:00:12Z","amount_minor":1234,"currency":"EUR","customer_id":"c-1"}""";

    [Fact]
    public void Both_wire_forms_give_the_same_columns()
    {
        var json = """
            {"payment_id":"p-1","event_time":1533686412000,"amount_minor":1234,"currency":"EUR","card_id":"k-1","customer_id":"c-1",
             "merchant_id":"m-1","terminal_id":"t-1","mcc":5411,"merchant_country":"FR","card_country":"DE","ip_country":"IT","ip":"10.1.2.3",
             "device_id":"d-1","email_hash":"e-1","channel":"online","attributes":{"basket":3,"agent":"n\u00e9","other":null},"new_field":{"a":[1,{}]}}
            """;
        var batch = TestBatch.Decode(Encoding.UTF8.GetBytes(json), MessagePackOf(SamplePayment.Full));

        Assert.All(new[] { 0, 1 }, row =>
        {
            Assert.Equal(default, batch.Rejection[row]);
            Assert.Equal(RowKind.Payment, batch.Kind[row]);
            Assert.Equal(1_533_686_412_000, batch.EventTimeMs[row]);
            Assert.Equal(1234, batch.AmountMinor[row]);
            Assert.Equal("EUR", CurrencyTable.CodeOf(batch.CurrencyIndex[row]));
            Assert.Equal(3, batch.Attribute(0).Number[row]);
            Assert.Equal("né", Encoding.UTF8.GetString(batch.Attribute(1).Text.Value(batch.Bytes, row)));
        });
        foreach (var field in Enum.GetValues<TextField>())
        {
            Assert.NotEqual("", TestBatch.TextOf(batch, 0, field));
            Assert.Equal(TestBatch.TextOf(batch, 0, field), TestBatch.TextOf(batch, 1, field));
            Assert.Equal(batch.Text(field).Hash[0], batch.Text(field).Hash[1]);
        }

        Assert.Equal([0, 1], batch.DecideRows[..batch.DecideCount]);
    }

    [Theory]
    [InlineData("", RejectReason.Empty)]
    [InlineData("hello", RejectReason.UnknownFormat)]
    [InlineData("[1,2]", RejectReason.UnknownFormat)]
    [InlineData("{\"payment_id\":", RejectReason.MalformedJson)]
    [InlineData("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}", RejectReason.TooManyUnknownFields)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":4222222222222,\"currency\":\"EUR\",\"card_id\":\"c\"}", RejectReason.CardNumber)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"c\",\"attributes\":{\"n\":6205500000000000004}}", RejectReason.CardNumber)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"c\",\"new\":[4111,1111,1111,1111]}", RejectReason.CardNumber)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"c\",\"new\":{\"a\":\"4111\",\"b\":\"1111\",\"c\":\"1111\",\"d\":\"1111\"}}", RejectReason.CardNumber)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"c\",\"4111111111111111\":1}", RejectReason.CardNumber)]
    [InlineData("{\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"c\"}", RejectReason.MissingField)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\"}", RejectReason.NoEntity)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":-1,\"currency\":\"EUR\",\"card_id\":\"c\"}", RejectReason.OutOfRange)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":NaN,\"currency\":\"EUR\",\"card_id\":\"c\"}", RejectReason.MalformedJson)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":4.539578763621486e15,\"currency\":\"EUR\",\"card_id\":\"c\"}", RejectReason.CardNumber)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":4.53957876362149E+15,\"currency\":\"EUR\",\"card_id\":\"c\"}", RejectReason.CardNumber)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":4539578763621500,\"currency\":\"EUR\",\"card_id\":\"c\"}", RejectReason.OutOfRange)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1.5,\"currency\":\"EUR\",\"card_id\":\"c\"}", RejectReason.WrongType)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":\"1\",\"currency\":\"EUR\",\"card_id\":\"c\"}", RejectReason.WrongType)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":99999999999999999999,\"currency\":\"EUR\",\"card_id\":\"c\"}", RejectReason.OutOfRange)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":\"soon\",\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"c\"}", RejectReason.WrongType)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"XXX\",\"card_id\":\"c\"}", RejectReason.UnknownCurrency)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":7.5}", RejectReason.WrongType)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"c\",\"mcc\":\"54x\"}", RejectReason.InvalidMcc)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":1,\"card_id\":\"c\"}", RejectReason.UnknownCurrency)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":true}", RejectReason.WrongType)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":4111111111111111}", RejectReason.CardNumber)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":4111111111111111.0}", RejectReason.CardNumber)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":4.111111111111111e15}", RejectReason.CardNumber)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"c\",\"ip_country\":\"Germany\"}", RejectReason.InvalidCountry)]
    [InlineData("{\"payment_id\":\"p\",\"payment_id\":\"q\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"c\"}", RejectReason.DuplicateField)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"4111111111111111\"}", RejectReason.CardNumber)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"\\u0034111111111111111\"}", RejectReason.CardNumber)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"c\",\"attributes\":{\"n\":4111111111111111}}", RejectReason.CardNumber)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"c\",\"new\":[{\"pan\":\"4111 1111 1111 1111\"}]}", RejectReason.CardNumber)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"c\"} {}", RejectReason.MalformedJson)]
    [InlineData("{\"payment_id\":\"p\",\"event_time\":9999999999999,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"c\"}", RejectReason.OutOfRange)]
    public void Bad_json_is_refused_by_name(string json, RejectReason reason)
    {
        var batch = TestBatch.Decode(Encoding.UTF8.GetBytes(json), Encoding.UTF8.GetBytes(Good));
        Assert.Equal(reason, batch.Rejection[0].Reason);
        Assert.Equal(RowKind.Payment, batch.Kind[1]);
        Assert.Equal([1], batch.DecideRows[..batch.DecideCount]);
    }

    [Fact]
    public void What_others_write_another_way_makes_the_same_payment_and_the_record_itself_stays()
    {
        var plain = """{"payment_id":"17","event_time":1533686412000,"amount_minor":1099,"currency":"USD","customer_id":"12345","mcc":"0742","merchant_country":"GB","attributes":{"basket":1}}""";
        string[] others =
        [
            """{"payment_id":17,"event_time":"2018-08-08 00:00:12","amount_minor":1099.0,"currency":"usd","customer_id":12345.0,"mcc":742,"merchant_country":"gb","attributes":{"basket":true}}""",
            """{"payment_id":17.0,"event_time":"2018-08-08T01:00:12+0100","amount_minor":1099.00,"currency":840,"customer_id":12345,"mcc":742.0,"merchant_country":"Gb","attributes":{"basket":1.0}}""",
            """{"payment_id":"17","event_time":1533686412000.0,"amount_minor":1099,"currency":"840","customer_id":12345.00,"mcc":"742","merchant_country":"gB","attributes":{"basket":1}}""",
        ];
        var batch = TestBatch.Decode([Encoding.UTF8.GetBytes(plain), .. others.Select(Encoding.UTF8.GetBytes)]);
        for (var row = 1; row <= others.Length; row++)
        {
            Assert.Equal(default, batch.Rejection[row]);
            Assert.Equal((batch.EventTimeMs[0], batch.AmountMinor[0], batch.CurrencyIndex[0]), (batch.EventTimeMs[row], batch.AmountMinor[row], batch.CurrencyIndex[row]));
            Assert.Equal(1, batch.Attribute(0).Number[row]);
            Assert.All(Enum.GetValues<TextField>(), field => Assert.Equal(TestBatch.TextOf(batch, 0, field), TestBatch.TextOf(batch, row, field)));
            Assert.Equal(batch.Text(TextField.CustomerId).Hash[0], batch.Text(TextField.CustomerId).Hash[row]);
            Assert.Equal(others[row - 1], Encoding.UTF8.GetString(batch.Value(row)));
        }
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("1", true)]
    [InlineData("0.0", false)]
    [InlineData("\"1\"", true)]
    [InlineData("\"No\"", false)]
    [InlineData("\"maybe\"", null)]
    [InlineData("2", null)]
    public void A_label_says_fraud_in_the_usual_words(string word, bool? isFraud)
    {
        var json = $$"""{"payment_id":"p","event_time":1700000000000,"known_at":1700000000000,"fraud":{{word}},"card_id":"c"}""";
        var batch = TestBatch.Decode(new IngestLimits(), TestBatch.Labels, Encoding.UTF8.GetBytes(json));
        Assert.Equal(isFraud is null ? RejectReason.WrongType : RejectReason.None, batch.Rejection[0].Reason);
        Assert.Equal(isFraud == true, batch.Fraud[0]);
    }

    [Fact]
    public void An_attribute_may_be_exempted_by_its_name()
    {
        var card = Encoding.UTF8.GetBytes(Good.Replace("\"payment_id\"", "\"attributes\":{\"key\":\"4111111111111111\"},\"payment_id\"", StringComparison.Ordinal));
        var other = Encoding.UTF8.GetBytes(Good.Replace("\"payment_id\"", "\"attributes\":{\"other\":4111111111111111},\"payment_id\"", StringComparison.Ordinal));
        var exempt = new IngestLimits { CardNumberFieldsIgnored = new HashSet<string> { "attributes.key" } };
        Assert.Equal(RejectReason.CardNumber, TestBatch.Decode(card).Rejection[0].Reason);
        var batch = TestBatch.Decode(exempt, TestBatch.Payments, card, other);
        Assert.Equal([RejectReason.None, RejectReason.CardNumber], batch.Rejection[..2].Select(rejection => rejection.Reason));
    }

    [Fact]
    public void A_long_order_number_is_no_card_number_and_a_field_may_be_exempted()
    {
        var order = Good.Replace("p-1", "9999999999999995", StringComparison.Ordinal);
        var card = Encoding.UTF8.GetBytes(Good.Replace("p-1", "4111111111111111", StringComparison.Ordinal));
        var exempt = new IngestLimits { CardNumberFieldsIgnored = new HashSet<string> { "payment_id" } };
        Assert.Equal(RejectReason.None, TestBatch.Decode(Encoding.UTF8.GetBytes(order)).Rejection[0].Reason);
        Assert.Equal(RejectReason.CardNumber, TestBatch.Decode(card).Rejection[0].Reason);
        Assert.Equal(RejectReason.None, TestBatch.Decode(exempt, TestBatch.Payments, card).Rejection[0].Reason);
    }

    [Fact]
    public void Every_prefix_of_a_good_record_is_refused()
    {
        foreach (var good in new[] { MessagePackOf(SamplePayment.Full), Encoding.UTF8.GetBytes(Good) })
        {
            for (var length = 0; length < good.Length; length++)
            {
                Assert.NotEqual(RejectReason.None, TestBatch.Decode(good[..length]).Rejection[0].Reason);
            }

            Assert.Equal(RejectReason.None, TestBatch.Decode(good).Rejection[0].Reason);
        }
    }

    [Fact]
    public void Random_changes_of_a_good_record_are_decoded_or_refused_and_never_thrown() =>
        Gen.Select(Gen.Bool, Gen.Select(Gen.Int[0, 400], Gen.Byte).Array[1, 6]).Sample((isJson, changes) =>
        {
            var bytes = isJson ? Encoding.UTF8.GetBytes(Good) : MessagePackOf(SamplePayment.Full);
            foreach (var (position, value) in changes)
            {
                bytes[position % bytes.Length] = value;
            }

            var batch = TestBatch.Decode(bytes);
            return batch.Kind[0] is RowKind.Payment or RowKind.Rejected;
        }, iter: 20_000);

    [Fact]
    public void Unknown_trailing_elements_are_skipped_and_an_unknown_version_is_refused()
    {
        var good = MessagePackOf(SamplePayment.Full);
        var longer = new byte[] { 0xdc, 0, 20 }.Concat(good.AsSpan(3).ToArray()).Concat(new byte[] { 0x81, 0xa1, 0x61, 0x91, 0x01, 0xc3 }).ToArray();
        Assert.Equal(0xdc, good[0]);
        Assert.Equal(RejectReason.None, TestBatch.Decode(longer).Rejection[0].Reason);
        var versionTwo = good.ToArray();
        versionTwo[3] = 2;
        Assert.Equal(RejectReason.UnsupportedVersion, TestBatch.Decode(versionTwo).Rejection[0].Reason);
    }

    [Fact]
    public void What_is_unknown_in_messagepack_is_looked_at_for_card_numbers_and_has_a_bound()
    {
        Assert.Equal(RejectReason.CardNumber, WithUnknown((ref MessagePackWriter writer) => writer.Write("4111 1111 1111 1111")));
        Assert.Equal(RejectReason.CardNumber, WithUnknown((ref MessagePackWriter writer) => writer.Write(4111111111111111)));
        Assert.Equal(RejectReason.CardNumber, WithUnknown((ref MessagePackWriter writer) => writer.Write(4111111111111111.0)));
        Assert.Equal(RejectReason.CardNumber, WithUnknown((ref MessagePackWriter writer) => writer.Write(Convert.FromHexString("4539578763621486"))));
        Assert.Equal(RejectReason.CardNumber, WithUnknown((ref MessagePackWriter writer) =>
        {
            writer.WriteArrayHeader(4);
            writer.Write(4111);
            writer.Write(1111);
            writer.Write("1111");
            writer.Write(1111);
        }));
        Assert.Equal(RejectReason.None, WithUnknown((ref MessagePackWriter writer) => writer.Write(new string('x', IngestLimits.UnknownBytesMax))));
        Assert.Equal(RejectReason.TooManyUnknownFields, WithUnknown((ref MessagePackWriter writer) => writer.Write(new string('x', IngestLimits.UnknownBytesMax + 1))));
        Assert.Equal(RejectReason.TooManyUnknownFields, WithUnknown((ref MessagePackWriter writer) => Nest(ref writer, IngestLimits.UnknownDepthMax + 1)));
        Assert.Equal(RejectReason.None, WithUnknown((ref MessagePackWriter writer) => Nest(ref writer, IngestLimits.UnknownDepthMax - 1)));
        Assert.Equal(RejectReason.TooManyUnknownFields, WithUnknown((ref MessagePackWriter writer) =>
        {
            writer.WriteArrayHeader(IngestLimits.UnknownValuesMax);
            for (var i = 0; i < IngestLimits.UnknownValuesMax; i++)
            {
                writer.WriteNil();
            }
        }));
    }

    [Fact]
    public void What_is_unknown_in_json_has_a_bound()
    {
        Assert.Equal(RejectReason.None, WithUnknown($"\"{new string('x', IngestLimits.UnknownBytesMax - 3)}\""));
        Assert.Equal(RejectReason.TooManyUnknownFields, WithUnknown($"\"{new string('x', IngestLimits.UnknownBytesMax)}\""));
        Assert.Equal(RejectReason.None, WithUnknown($"[{string.Join(',', Enumerable.Repeat("0", IngestLimits.UnknownValuesMax - 3))}]"));
        Assert.Equal(RejectReason.TooManyUnknownFields, WithUnknown($"[{string.Join(',', Enumerable.Repeat("0", IngestLimits.UnknownValuesMax))}]"));
    }

    [Theory]
    [InlineData("4539,5787,6362,1486")]
    [InlineData("0004539578763621486")]
    [InlineData("4539578763621486D27122010000000000000F")]
    public void An_id_that_holds_a_card_number_in_disguise_is_refused_in_every_field_and_form(string id)
    {
        foreach (var field in TextFields.EntityIds.Append(TextField.PaymentId))
        {
            var name = TextFields.NameOf(field);
            var json = Good.Replace($"\"{name}\":\"{(field == TextField.PaymentId ? "p-1" : "c-1")}\"", $"\"{name}\":\"{id}\"", StringComparison.Ordinal);
            json = json.Contains(id, StringComparison.Ordinal) ? json : json.Replace("}", $",\"{name}\":\"{id}\"}}", StringComparison.Ordinal);
            Assert.Equal(new Rejection(RejectReason.CardNumber, (int)field), TestBatch.Decode(Encoding.UTF8.GetBytes(json)).Rejection[0]);
        }

        Assert.Equal(new Rejection(RejectReason.CardNumber, (int)TextField.DeviceId), TestBatch.Decode(MessagePackOf(SamplePayment.Full with { DeviceId = id })).Rejection[0]);
    }

    [Theory]
    [InlineData("{\"a\":\"4539\",\"b\":\"5787\",\"c\":\"6362\",\"d\":\"1486\"}", RejectReason.CardNumber)]
    [InlineData("{\"a\":4539,\"b\":\"5787\",\"c\":6362,\"n\":null,\"d\":1486}", RejectReason.CardNumber)]
    [InlineData("{\"a\":45395787,\"b\":63621486}", RejectReason.CardNumber)]
    [InlineData("{\"a\":4.53957876362149E+15}", RejectReason.CardNumber)]
    [InlineData("{\"a\":\"4.539578763621486E+15\"}", RejectReason.CardNumber)]
    [InlineData("{\"a\":\"0.4539578763621486\"}", RejectReason.None)]
    [InlineData("{\"a\":4539,\"b\":5787,\"x\":1.5,\"c\":6362,\"d\":1486}", RejectReason.None)]
    public void Attributes_are_looked_at_together_and_as_numbers(string attributes, RejectReason reason)
    {
        var json = Good.Replace("}", $",\"attributes\":{attributes}}}", StringComparison.Ordinal);
        // What one payment has says nothing of the next.
        var half = Good.Replace("}", ",\"attributes\":{\"a\":4539,\"b\":5787}}", StringComparison.Ordinal);
        var rest = Good.Replace("}", ",\"attributes\":{\"a\":6362,\"b\":1486}}", StringComparison.Ordinal);
        var batch = TestBatch.Decode(Encoding.UTF8.GetBytes(json), Encoding.UTF8.GetBytes(half), Encoding.UTF8.GetBytes(rest));
        Assert.Equal([reason, RejectReason.None, RejectReason.None], batch.Rejection[..3].Select(rejection => rejection.Reason));
        var exempt = new IngestLimits { CardNumberFieldsIgnored = new HashSet<string> { CardNumberFields.Attributes } };
        Assert.Equal(RejectReason.None, TestBatch.Decode(exempt, TestBatch.Payments, Encoding.UTF8.GetBytes(json)).Rejection[0].Reason);
    }

    [Fact]
    public void Doubles_in_messagepack_are_looked_at_together_and_as_numbers()
    {
        Assert.Equal(RejectReason.CardNumber, WithAttributes(4539.0, 5787.0, 6362.0, 1486.0));
        Assert.Equal(RejectReason.CardNumber, WithAttributes(4.53957876362149E+15));
        Assert.Equal(RejectReason.None, WithAttributes(4539.0, 5787.0, 6362.5, 1486.0));

        static RejectReason WithAttributes(params double[] values) =>
            TestBatch.Decode(MessagePackOf(SamplePayment.Full with { Attributes = values.Select((value, i) => KeyValuePair.Create($"a{i}", (object)value)).ToDictionary() })).Rejection[0].Reason;
    }

    private static RejectReason WithUnknown(string json) =>
        TestBatch.Decode(Encoding.UTF8.GetBytes(Good.Replace("}", $",\"new\":{json}}}", StringComparison.Ordinal))).Rejection[0].Reason;

    private delegate void WritesUnknown(ref MessagePackWriter writer);

    private static RejectReason WithUnknown(WritesUnknown write)
    {
        var good = MessagePackOf(SamplePayment.Full);
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        write(ref writer);
        writer.Flush();
        return TestBatch.Decode([0xdc, 0, 19, .. good.AsSpan(3), .. buffer.WrittenSpan]).Rejection[0].Reason;
    }

    private static void Nest(ref MessagePackWriter writer, int depth)
    {
        for (var i = 0; i < depth; i++)
        {
            writer.WriteArrayHeader(1);
        }

        writer.WriteNil();
    }

    [Fact]
    public void A_record_over_the_limit_is_refused_and_only_its_start_is_kept()
    {
        var limits = new IngestLimits { RecordBytesMax = 1024 };
        var batch = TestBatch.Decode(limits, TestBatch.Payments, Encoding.UTF8.GetBytes(Good + new string(' ', 5000)));
        Assert.Equal(RejectReason.TooLarge, batch.Rejection[0].Reason);
        Assert.Equal(1024, batch.ValueLength[0]);
        Assert.True(batch.ValueLengthWhole[0] > 5000);
    }

    [Fact]
    public void A_label_is_decoded_from_both_forms()
    {
        var label = new Label { PaymentId = "p-1", EventTimeMs = 1_600_000_001_000, KnownAtMs = 1_600_000_002_000, Fraud = true, TerminalId = "t-1" };
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        PaymentMessagePack.Write(ref writer, label);
        writer.Flush();
        var json = """{"payment_id":"p-1","event_time":1600000001000,"known_at":"2020-09-13T12:26:42Z","fraud":true,"terminal_id":"t-1"}""";
        var batch = TestBatch.Decode(new IngestLimits(), TestBatch.Labels, buffer.WrittenSpan.ToArray(), Encoding.UTF8.GetBytes(json));
        Assert.All(new[] { 0, 1 }, row =>
        {
            Assert.Equal(RowKind.Label, batch.Kind[row]);
            Assert.Equal((1_600_000_001_000, 1_600_000_002_000, true), (batch.EventTimeMs[row], batch.KnownAtMs[row], batch.Fraud[row]));
            Assert.Equal("t-1", TestBatch.TextOf(batch, row, TextField.TerminalId));
        });
        Assert.Equal(0, batch.DecideCount);
    }

    [Theory]
    [InlineData("1700000000", "epoch seconds")]
    [InlineData("1700000000000000", "epoch microseconds")]
    [InlineData("1700000000000000000", "epoch nanoseconds")]
    [InlineData("\"1970-01-20T16:13:20Z\"", "epoch seconds")]
    [InlineData("\"1999-12-31T23:59:59Z\"", "ingest.eventTimeFloor")]
    [InlineData("-5", "ingest.eventTimeFloor")]
    [InlineData("\"2100-01-01T00:00:00Z\"", "ingest.eventTimeAheadMax")]
    [InlineData("4611686018427387904", "epoch nanoseconds")]
    [InlineData("9223372036854775807", "ingest.eventTimeAheadMax")]
    public void A_time_in_another_unit_or_out_of_range_is_refused_and_said_to_be(string time, string hint)
    {
        var payment = $$"""{"payment_id":"p","event_time":{{time}},"amount_minor":1,"currency":"EUR","card_id":"c"}""";
        var ofEvent = $$"""{"payment_id":"p","event_time":{{time}},"known_at":1700000000000,"fraud":true,"card_id":"c"}""";
        var known = $$"""{"payment_id":"p","event_time":1700000000000,"known_at":{{time}},"fraud":true,"card_id":"c"}""";
        foreach (var (json, log, field) in new[] { (payment, TestBatch.Payments, "event_time"), (ofEvent, TestBatch.Labels, "event_time"), (known, TestBatch.Labels, "known_at") })
        {
            var batch = TestBatch.Decode(new IngestLimits(), log, Encoding.UTF8.GetBytes(json));
            Assert.Equal(("out_of_range", field), (RejectionText.CodeOf(batch.Rejection[0].Reason), RejectionText.FieldOf(batch.Rejection[0])));
            Assert.Contains(hint, RejectionText.Sentence(batch, 0, batch.Rejection[0]), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_label_is_known_when_it_is_published_at_the_latest()
    {
        var json = """{"payment_id":"p","event_time":1699999990000,"known_at":"2024-09-01","fraud":true,"card_id":"c"}"""u8;
        var batch = TestBatch.Decode(new IngestLimits(), TestBatch.Labels, json.ToArray());
        Assert.Equal((RowKind.Label, TestBatch.LogTimestampMs), (batch.Kind[0], batch.KnownAtMs[0]));
    }

    [Fact]
    public void Decoding_a_good_record_allocates_nothing()
    {
        var batch = new PaymentBatch(TestBatch.Layout, 64, 64 * 1024);
        var decoder = new RecordDecoder(TestBatch.Layout, new IngestLimits(), TestBatch.Logs);
        var (json, messagePack) = (Encoding.UTF8.GetBytes(Good), MessagePackOf(SamplePayment.Full));
        for (var i = 0; i < 64; i++)
        {
            batch.Append(TestBatch.Payments, i, TestBatch.LogTimestampMs, decide: true, i % 2 == 0 ? json : messagePack, 65_536);
        }

        Assert.Equal(0, AllocationMeter.LeastBytes(() => decoder.Decode(batch)));
        Assert.Equal(64, batch.DecideCount);
    }

    private static byte[] MessagePackOf(Payment payment)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        PaymentMessagePack.Write(ref writer, payment);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
