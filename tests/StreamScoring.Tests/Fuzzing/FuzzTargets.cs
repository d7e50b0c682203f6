using System.Buffers;
using System.Text;
using System.Text.Json;
using MessagePack;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Expressions;
using StreamScoring.Features;
using StreamScoring.Files;
using StreamScoring.Ingest;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Fuzzing;

/// <summary>Everything that reads what others wrote.</summary>
internal static class FuzzTargets
{
    private static readonly Label Label = new()
    {
        PaymentId = "p-1",
        EventTimeMs = 1_533_686_412_000,
        KnownAtMs = 1_533_686_413_000,
        Fraud = true,
        CardId = "k-1",
        CustomerId = "c-1",
    };

    private static readonly DecisionRecord Decision = SampleDecisions.Of(new DecisionSource("eu", "payments", 3, 991), "p-1", "block", "late");

    /// <summary>
    /// The largest lengths of every kind, kinds that no field has, and a value of each kind that
    /// one has.
    /// </summary>
    private static readonly byte[][] MessagePackWords =
    [
        [0xdb, 0xff, 0xff, 0xff, 0xff], [0xdb, 0x7f, 0xff, 0xff, 0xff], [0xda, 0xff, 0xff], [0xd9, 0xff], [0xdd, 0xff, 0xff, 0xff, 0xff], [0xdd, 0x7f, 0xff, 0xff, 0xff], [0xdc, 0xff, 0xff],
        [0xdf, 0xff, 0xff, 0xff, 0xff], [0xdf, 0x3f, 0xff, 0xff, 0xff], [0xde, 0xff, 0xff], [0xc6, 0xff, 0xff, 0xff, 0xff], [0xc9, 0xff, 0xff, 0xff, 0xff, 1], [0x91], [0x81], [0xc0], [0xc1], [0xc2],
        [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0], [0xca, 0x7f, 0x80, 0, 0], [0xd8, 1], [0xa1, 0xff], [0xa2, (byte)'a', 0xc3], [0x90], [0x80], [1],
    ];

    private static readonly byte[][] JsonWords = Texts(
        "{\"a\":", "[", "]", "}", "\"", "\\", "\"\\ud800\"", "\"\\u0000\"", "\\u00", "1e999", "-1", "0.5", "-0", "1e-400", "99999999999999999999", "null", "true", "\"4111111111111111\"", "NaN", ",", ":",
        "\u00e9", "\uFEFF", "\"0001-01-01T00:00:00+23:59\"", "\"9999-12-31T23:59:59-23:59\"", "\"payment_id\":\"x\",", "\"value_base64\":\"=\",", "\"\\ud800\":1,").Append([0xff]).Append([0xc3]).Append([0]).ToArray();

    private static readonly byte[][] YamlWords = Texts(
        "\n", "  ", "- ", "? ", ": ", "[", "{", "}", "]", "&a ", "*a", "!!int ", "%YAML 9.9\n", "---\n", "...\n", "|\n", ">-\n", "\"\\0\"", "\"\\x", "\"\\uD800\"", "'", "#", "${", "${HOME", "${NO_SUCH_VARIABLE}", "${A:-", "~", "<<: ", "\t",
        "999999999h", "-1", "1e9", "0x1", "99999999999999999999", "last 5000", "\u0085", "\u2028", "@", "`").Append([0xff]).Append([0]).ToArray();

    private static readonly byte[][] ExpressionWords = Texts(
        "(", ")", "-", "not ", " and ", " or ", " in (", ",", "'", "\"", "\\u12", "\\", "1e999", "1e", ".", "..", "attributes.", "==", "<", "amount", "mcc", "channel", "if(", "pow(", "min(", "is_missing(", "hour(", "0", "99999999999999999999",
        "\u00e9", " ", "\n");

    private static readonly byte[][] CsvWords = Texts(
        "\n", "\r", ",", "\"", "\"\"", ",,", "1e28", "79228162514264337593543950335", "-1", "0.001", "1e-400", "\u00e9", "4111111111111111", "99999999999999999999", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "NaN",
        "253402300800000", "EUR", "JPY", "XXQ").Append([0xff]).Append([0]).ToArray();

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Records("payment", TestBatch.Payments, [Pack((ref MessagePackWriter writer) => PaymentMessagePack.Write(ref writer, SamplePayment.Full))], TokenStarts.OfMessagePack, MessagePackWords),
        Records("label", TestBatch.Labels, [Pack((ref MessagePackWriter writer) => PaymentMessagePack.Write(ref writer, Label))], TokenStarts.OfMessagePack, MessagePackWords),
        Records("payment-json", TestBatch.Payments, [Json(writer => PaymentJson.Write(writer, SamplePayment.Full)), Json(writer => PaymentJson.Write(writer, Label))], TokenStarts.OfText, JsonWords),
        Records("label-json", TestBatch.Labels, [Json(writer => PaymentJson.Write(writer, Label)), Json(writer => PaymentJson.Write(writer, SamplePayment.Full))], TokenStarts.OfText, JsonWords),
        new("payment-tools", [Pack((ref MessagePackWriter writer) => PaymentMessagePack.Write(ref writer, SamplePayment.Full))], TokenStarts.OfMessagePack, MessagePackWords,
            input => PaymentMessagePack.ReadPayment(input), e => e is MessagePackSerializationException, 32 * 1024, 64),
        new("decision", [SampleDecisions.Compact(Decision)], TokenStarts.OfMessagePack, MessagePackWords,
            // What was read can be shown: the verbs do that.
            input => SampleDecisions.Json(DecisionMessagePack.Read(input)), e => e is MessagePackSerializationException, 32 * 1024, 64),
        new("decision-json", [SampleDecisions.Json(Decision)], TokenStarts.OfText, JsonWords,
            input => SampleDecisions.Json(DecisionJson.Read(input)), e => e is JsonException, 32 * 1024, 128),
        new("dead-letter", Texts(
                """{"reason":"card_number","field":"card_id","detail":"card_id holds a card number; send a token","source":{"region":"eu","topic":"payments","partition":2,"offset":17},"log_time":"2026-01-01T00:00:00.000Z","rejected_at":"2026-01-01T00:00:00.100Z","value_bytes":40,"redacted":true,"cut":false,"value":"{\"card_id\":\"****************\"}"}""",
                """{"reason":"unknown_format","field":null,"detail":"the record is neither","source":{"region":"eu","topic":"labels","partition":0,"offset":0},"log_time":"2026-01-01T00:00:00.000Z","rejected_at":"2026-01-01T00:00:00.100Z","value_bytes":4,"redacted":false,"cut":false,"value_base64":"/+7dzA=="}"""),
            TokenStarts.OfText, JsonWords,
            input => DecisionJson.Iso(DeadLetterJson.Read(input).RejectedAtMs), e => e is JsonException, 32 * 1024, 64),
        Yaml("feature-file", text => FeatureFiles.Parse("features.yaml", text), Texts(
            File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "topology", "handbook", "features.yaml")),
            """
            version: 1
            lateness: 1d
            features:
              - {name: amount_log, expression: log(amount + 1)}
              - {name: night, expression: hour(event_time) < 6 or is_weekend(event_time)}
              - {name: agent, expression: attributes.agent}
              - name: spent
                entity: [card_id, merchant_id]
                aggregate: sum
                of: amount
                window: 30m
                where: mcc in (5411, 5812) and amount > 10.5
                exclude_current: true
              - {name: lately, entity: card_id, aggregate: decayed_sum, of: attributes.basket, half_life: 1h}
              - {name: twenty, entity: ip, aggregate: distinct, of: device_id, window: last 20}
            """)),
        Yaml("columns-file", text => ColumnsFile.Parse("columns.yaml", text), Texts(
            File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "topology", "handbook", "columns.yaml")),
            File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "topology", "datasets", "tabformer", "columns.yaml")),
            File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "topology", "datasets", "ibm-aml", "columns.yaml")),
            File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "topology", "datasets", "ieee-cis", "columns.yaml")),
            "version: 1\ncolumns:\n  payment_id: id\n  event_time: {column: t, format: unix_s}\n  amount: {column: a, unit: major}\n  currency: {default: EUR}\n  card_id: c\n  attributes.x: x\nlabel: fraud\nlabel_delay: 7d\n")),
        Yaml("topology", ParseTopology, Texts(
            File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "topology", "handbook", "topology.yaml")),
            File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "topology", "generated", "topology.yaml")))),
        new("expression", Texts(
                "if(amount > 10 and not (mcc in (5411, 5812)), log(amount + 1) * -2, pow(2, 3))", "channel == 'online' or is_missing(ip)", "min(amount, 1e3, attributes.basket) / 4 - 1"),
            TokenStarts.OfText, ExpressionWords,
            input => new ExpressionBinder(new FeatureScope(new Dictionary<string, int> { ["spent"] = 0 }, mayUseFeatures: true)).Bind(Encoding.UTF8.GetString(input)),
            e => e is ExpressionException, 256 * 1024, 1024),
        new("csv", Texts(
                "payment_id,event_time,amount_minor,currency,card_id,mcc,attributes.x,is_fraud\np-1,2026-01-01T00:00:00Z,100,EUR,c-1,5411,3.5,0\np-2,1767225600000,5,JPY,\"c,2\",,\"a\"\"b\",1\n",
                "id,t,a,fraud\n1,1767225600.5,12.34,1\n2,1767225601,0.5,0\n"),
            TokenStarts.OfText, CsvWords, ReadCsv, e => e is InvalidInputFileException, 1024 * 1024, 1024),
    ];

    private delegate void PackWriter(ref MessagePackWriter writer);

    private static FuzzTarget Records(string name, int logIndex, byte[][] seeds, Func<byte[], IReadOnlyList<int>> tokens, byte[][] words) => new(
        name, seeds, tokens, words,
        input =>
        {
            var batch = TestBatch.Decode(new IngestLimits(), logIndex, input);
            _ = RejectionText.Sentence(batch.Rejection[0]);
        },
        // The decoder refuses by name and throws nothing.
        _ => false,
        // The batch and the decoder are made anew. JSON's reader quotes the rest of a record in the
        // exception that the decoder swallows.
        32 * 1024, words == JsonWords ? 48 : 8);

    private static FuzzTarget Yaml(string name, Action<string> parse, byte[][] seeds) => new(
        name, seeds, TokenStarts.OfText, YamlWords, input => parse(Encoding.UTF8.GetString(input)), e => e is InvalidInputFileException, 512 * 1024, 1024);

    private static void ParseTopology(string text) => TopologyFile.Parse(Path.Combine(SharedFolder.RepositoryRoot, "topology", "handbook", "topology.yaml"), text, []);

    /// <summary>
    /// A table is a file, so it is written: one name a thread. It is read with and without a
    /// columns file.
    /// </summary>
    private static void ReadCsv(byte[] input)
    {
        var path = Path.Combine(Path.GetTempPath(), $"fuzz-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.csv");
        File.WriteAllBytes(path, input);
        try
        {
            var columns = ColumnsFile.Parse(
                "columns.yaml", "version: 1\ncolumns:\n  payment_id: id\n  event_time: {column: t, format: unix_s}\n  amount: {column: a, unit: major}\n  currency: {default: EUR}\n  customer_id: {value: all}\nlabel: fraud\nlabel_delay: 7d\n");
            using (var table = TableReader.Open(path))
            {
                var isMapped = table.IndexOf("id") >= 0;
                var mapper = new RowMapper(table, isMapped ? columns : ColumnsFile.ForContractNames(table.Columns), new Dictionary<string, AttributeUse> { ["basket"] = AttributeUse.Number });
                var buffer = new ArrayBufferWriter<byte>();
                while (table.Read())
                {
                    if (mapper.Read())
                    {
                        buffer.ResetWrittenCount();
                        mapper.WritePayment(buffer);
                        // What was read can be published as JSON.
                        DecisionJson.Iso(PaymentMessagePack.ReadPayment(buffer.WrittenMemory).EventTimeMs);
                        if (mapper.MakesLabels)
                        {
                            mapper.WriteLabel(buffer, mapper.KnownAtMs());
                        }
                    }
                }
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] Pack(PackWriter write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        write(writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[][] Texts(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];
}
