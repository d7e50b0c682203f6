using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using MessagePack;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// A foreign client that sends card numbers in every disguise and place it can think of, among good
/// payments.
/// </summary>
public sealed partial class HostileRecordsTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/handbook/topology.yaml";

    private const int Good = 200;

    private static readonly string LongNote = new('x', 600);

    private static readonly Encoding[] Encodings = [Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32];

    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    [SharedFact]
    public async Task No_card_number_reaches_a_topic_a_log_or_the_metrics_in_any_disguise_and_every_good_payment_is_decided()
    {
        await ScoringProcess.SucceedAsync(cluster.Environment, "topics", "create", "--topology", Topology);
        var sent = Publish();
        using var run = new RunningProcess(cluster.Environment, "run", "--topology", Topology);
        await run.SaysAsync("http://");
        using var http = new HttpClient { BaseAddress = new Uri(Address().Match(run.Said).Value) };
        var metrics = await MetricsPage.OnceAsync(http, metrics => Sum(metrics, "scoring_rejected_total") + Sum(metrics, "scoring_decisions_total") >= sent);
        Assert.InRange(Sum(metrics, "scoring_decisions_total"), Good, Good + 20);
        CardNumberSearch.AssertNone(Encoding.UTF8.GetBytes(await http.GetStringAsync("/metrics")), "metrics");
        await run.SignalAsync("INT");
        await run.SaysAsync("\"dead_letters\"");
        CardNumberSearch.AssertNone(Encoding.UTF8.GetBytes(run.Said), "log");

        var ends = Enumerable.Range(0, 4).Select(partition => EndOf("payments", partition)).ToArray();
        var republished = await ScoringProcess.RunAsync(
            cluster.Environment, "deadletters", "republish", "--topology", Topology, "--set", "ingest.textBytesMax=2048");
        Assert.Equal(1, republished.ExitCode);
        Assert.Contains("its key holds a card number", republished.Output, StringComparison.Ordinal);
        Assert.Contains("its header pan holds a card number", republished.Output, StringComparison.Ordinal);
        Assert.Contains("the name of a header holds a card number", republished.Output, StringComparison.Ordinal);
        Assert.Contains("1 republished", republished.Errors, StringComparison.Ordinal);
        await ScoringProcess.SucceedAsync(cluster.Environment, "run", "--topology", Topology, "--until-idle", "2s", "--set", "ingest.textBytesMax=2048");

        // What the foreign client wrote itself stands before these ends.
        var records = Read("payments", ends).Concat(Read("decisions", null)).Concat(Read("dead-letters", null)).ToList();
        Assert.InRange(records.Count, sent, 2 * sent);
        foreach (var record in records)
        {
            AssertNone(record.Message.Value, record);
            AssertNone(record.Message.Key, record);
            foreach (var header in record.Message.Headers.Where(header => header.Key != "vector"))
            {
                AssertNone(header.GetValueBytes(), record);
                AssertNone(Encoding.UTF8.GetBytes(header.Key), record);
            }
        }

        string[][] verbs = [["decisions"], ["decisions", "--json"], ["deadletters"], ["deadletters", "--json"], ["deadletters", "republish", "--dry-run"], ["deadletters", "republish", "--dry-run", "--json"]];
        foreach (var verb in verbs)
        {
            var outcome = await ScoringProcess.RunAsync(cluster.Environment, [.. verb, "--topology", Topology]);
            CardNumberSearch.AssertNone(Encoding.UTF8.GetBytes(outcome.Output + outcome.Errors), string.Join(' ', verb));
            AssertLines(outcome.Output + outcome.Errors, verb.Contains("--json"));
        }

        var listed = await ScoringProcess.SucceedAsync(cluster.Environment, "decisions", "--topology", Topology);
        Assert.Contains("evil\\u001b[2J", listed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Lines(listed.Output), line => line.Contains("forged", StringComparison.Ordinal) && !line.Contains("evil", StringComparison.Ordinal));
    }

    private static void AssertLines(string output, bool isJson)
    {
        foreach (var line in Lines(output))
        {
            Assert.DoesNotContain(line, character => char.IsControl(character) || character is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e'));
            if (isJson && line.StartsWith('{'))
            {
                using var document = JsonDocument.Parse(line);
            }
        }
    }

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static void AssertNone(byte[]? written, ConsumeResult<byte[], byte[]> record) => CardNumberSearch.AssertNone(written ?? [], $"{record.TopicPartitionOffset}");

    /// <returns>How many records there are.</returns>
    private int Publish()
    {
        using var payments = new DecisionLog(cluster.Brokers, "payments");
        var (sent, good) = (0, 0);
        foreach (var (name, text) in CardNumberDisguises.All())
        {
            foreach (var record in Records(text))
            {
                Send("c-1", record, []);
            }

            // Refused for its note only, so that another limit would let it through, key and
            // headers and all.
            Send(text, LongPayment($"key {name}"), []);
            Send("c-1", LongPayment($"header {name}"), [new Header("pan", Encoding.UTF8.GetBytes(text))]);
            Send("c-1", LongPayment($"header's name {name}"), [new Header(text.Replace("\0", "\u200b", StringComparison.Ordinal), [])]);
            Send("c-1", Payment($"good-{sent}", "\"channel\":\"online\""), [], isGood: true);
        }

        byte[][] keys = [Convert.FromHexString(CardNumberDisguises.Number), [.. BitConverter.GetBytes(4539578763621486L).Reverse()], .. Encodings.Select(encoding => encoding.GetBytes(CardNumberDisguises.Number))];
        foreach (var key in keys)
        {
            payments.Producer.Produce("payments", new Message<byte[], byte[]> { Key = key, Value = LongPayment("binary key") });
            payments.Producer.Produce("payments", new Message<byte[], byte[]> { Key = "c-1"u8.ToArray(), Value = LongPayment("binary header"), Headers = [new Header("pan", key)] });
            sent += 2;
        }

        // The one that republishing may let through.
        Send("c-1", LongPayment("republished"), [new Header("trace", "abc"u8.ToArray())]);
        foreach (var line in new[] { "a1.jsonl", "a2.jsonl" }.SelectMany(file => File.ReadLines(SharedFolder.PathOf("cases", "hostile", file))))
        {
            SendCase(JsonDocument.Parse(line).RootElement);
        }

        while (good < Good)
        {
            Send("c-2", Payment($"good-more-{good}", "\"channel\":\"online\""), [], isGood: true);
        }

        payments.Flush();
        return sent;

        void Send(string key, byte[] value, Headers headers, bool isGood = false)
        {
            payments.Write(sent % 4, key, value, headers);
            (sent, good) = (sent + 1, good + (isGood ? 1 : 0));
        }

        void SendCase(JsonElement record)
        {
            Headers headers = [];
            if (record.TryGetProperty("h", out var given))
            {
                given.EnumerateObject().ToList().ForEach(header => headers.Add(header.Name, Encoding.UTF8.GetBytes(header.Value.GetString()!)));
            }

            var value = record.TryGetProperty("b64", out var base64) ? base64.GetBytesFromBase64()
                : record.TryGetProperty("vj", out var json) ? Encoding.UTF8.GetBytes(json.GetRawText())
                : record.GetProperty("v").GetString() is { } text ? Encoding.UTF8.GetBytes(text)
                : null;
            payments.Write(0, record.GetProperty("k").GetString()!, value is null ? null : Moved(value), headers);
            sent++;
        }
    }

    /// <summary>The cases are of the day on which they were made.</summary>
    private static byte[] Moved(byte[] value) =>
        Encoding.Latin1.GetBytes(EventTime().Replace(Encoding.Latin1.GetString(value), $"\"event_time\":{Now.ToUnixTimeMilliseconds()}"));

    private static IEnumerable<byte[]> Records(string text)
    {
        var json = JsonSerializer.Serialize(text);
        string[] records =
        [
            Encoding.UTF8.GetString(Payment("x", "\"channel\":\"online\"")).Replace("\"x\"", json, StringComparison.Ordinal),
            Encoding.UTF8.GetString(Payment("x", $"\"device_id\":{json}")), Encoding.UTF8.GetString(Payment("x", $"\"attributes\":{{\"note\":{json}}}")),
            Encoding.UTF8.GetString(Payment("x", $"\"attributes\":{{{json}:1}}")), Encoding.UTF8.GetString(Payment("x", $"\"more\":{{\"deep\":[{json}]}}")),
            Encoding.UTF8.GetString(Payment("x", $"\"attributes\":{{\"note\":{json}}}")).Replace("EUR", "XXQ", StringComparison.Ordinal),
            Encoding.UTF8.GetString(Payment("x", $"\"more\":{json}")).Replace("EUR", "XXQ", StringComparison.Ordinal),
            "{\"payment_id\":" + json, text,
        ];
        foreach (var record in records)
        {
            yield return Encoding.UTF8.GetBytes(record);
        }

        yield return Encoding.Unicode.GetBytes(records[1]);
        yield return Encoding.BigEndianUnicode.GetBytes(records[1]);
        yield return Encoding.UTF32.GetBytes(records[1]);
        yield return MessagePackSerializer.Serialize(new object?[] { 1, "x", Now.ToUnixTimeMilliseconds(), 100, "EUR", null, "c-1", null, null, null, null, null, null, null, text });
        yield return MessagePackSerializer.Serialize(new object?[] { 1, "x", Now.ToUnixTimeMilliseconds(), 100, "XXQ", null, text });
    }

    private static byte[] LongPayment(string id) => Payment(id, $"\"attributes\":{{\"note\":\"{LongNote}\"}}");

    private static byte[] Payment(string id, string more) => Encoding.UTF8.GetBytes(
        $"{{\"payment_id\":\"{id}\",\"event_time\":{Now.ToUnixTimeMilliseconds()},\"amount_minor\":100,\"currency\":\"EUR\",\"customer_id\":\"c-1\",{more}}}");

    private static double Sum(Dictionary<string, double> metrics, string name) =>
        metrics.Where(pair => pair.Key == name || pair.Key.StartsWith(name + "{", StringComparison.Ordinal)).Sum(pair => pair.Value);

    private long EndOf(string topic, int partition)
    {
        using var consumer = Consumer();
        return consumer.QueryWatermarkOffsets(new TopicPartition(topic, partition), TimeSpan.FromSeconds(20)).High.Value;
    }

    /// <param name="from">By partition; null: from the beginning.</param>
    private List<ConsumeResult<byte[], byte[]>> Read(string topic, long[]? from)
    {
        using var consumer = Consumer();
        var records = new List<ConsumeResult<byte[], byte[]>>();
        for (var partition = 0; partition < 4; partition++)
        {
            var (start, end) = (from?[partition] ?? 0, EndOf(topic, partition));
            consumer.Assign(new TopicPartitionOffset(topic, partition, start));
            for (var next = start; next < end;)
            {
                var record = consumer.Consume(TimeSpan.FromSeconds(20)) ?? throw new TimeoutException($"{topic}/{partition}/{next} of {end}");
                records.Add(record);
                next = record.Offset.Value + 1;
            }
        }

        return records;
    }

    private IConsumer<byte[], byte[]> Consumer() =>
        new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = cluster.Brokers, GroupId = "test" }).Build();

    [GeneratedRegex(@"http://[\w.:]+")]
    private static partial Regex Address();

    [GeneratedRegex("\"event_time\":\\d+")]
    private static partial Regex EventTime();
}
