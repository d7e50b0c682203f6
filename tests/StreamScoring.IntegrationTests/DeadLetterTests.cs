using System.Text;
using System.Text.Json;
using Confluent.Kafka;

using StreamScoring.TestSupport;
namespace StreamScoring.IntegrationTests;

public sealed class DeadLetterTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/handbook/topology.yaml";
    private const string Card = "4111111111111111";

    /// <summary>What makes the long ids acceptable.</summary>
    private static readonly string[] Mended = ["--set", "ingest.textBytesMax=2048"];

    private static readonly string LongId = new('x', 1000);

    [SharedFact]
    public async Task Refused_records_are_listed_and_once_the_cause_is_mended_the_originals_are_decided()
    {
        await ScoringProcess.SucceedAsync(cluster.Environment, "topics", "create", "--topology", Topology);
        using (var payments = new DecisionLog(cluster.Brokers, "payments"))
        {
            payments.Write(2, "c-1", Payment("good", "EUR", "t-1"), []);
            payments.Write(2, "c-1", Payment("long", "EUR", LongId), [new Header("trace", "abc"u8.ToArray())]);
            payments.Write(2, "c-1", Payment("currency", "XXQ", "t-1"), []);
            payments.Write(2, "c-1", Payment("card", "EUR", Card), []);
            payments.Write(3, "c-2", Payment("longer", "EUR", LongId), []);
        }

        using (var labels = new DecisionLog(cluster.Brokers, "labels"))
        {
            labels.Write(0, "c-1", Encoding.UTF8.GetBytes($$"""{"payment_id":"good","event_time":1700000000000,"known_at":1700000001000,"fraud":true,"customer_id":"{{LongId}}"}"""), []);
        }

        await RunAsync(expected: "\"decisions\":1,\"dead_letters\":5");

        var all = Lines(await ScoringProcess.SucceedAsync(cluster.Environment, "deadletters", "--topology", Topology, "--json"));
        Assert.Equal(5, all.Length);
        Assert.Equal(["card_number", "text_too_long", "text_too_long", "text_too_long", "unknown_currency"], all.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("reason").GetString()!).Order());
        var one = Lines(await ScoringProcess.SucceedAsync(cluster.Environment, "deadletters", "--topology", Topology, "--reason", "unknown_currency"));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT[\d:.]+Z  unknown_currency +currency +eu/payments/2/2  currency is not an ISO 4217 code$", Assert.Single(one));
        var wrong = await ScoringProcess.RunAsync(cluster.Environment, "deadletters", "--topology", Topology, "--reason", "unknown_curency");
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("did you mean unknown_currency?", wrong.Errors, StringComparison.Ordinal);
        wrong = await ScoringProcess.RunAsync(cluster.Environment, "deadletters", "republish", "--topology", Topology, "--offsets", "eu/payments/2");
        Assert.Equal(2, wrong.ExitCode);

        // Nothing is mended yet: nothing is written.
        var unmended = await RepublishAsync("--reason", "text_too_long");
        Assert.Equal(1, unmended.ExitCode);
        Assert.Equal(3, Lines(unmended).Count(line => line.Contains("it would be refused again: text_too_long", StringComparison.Ordinal)));

        var dry = await RepublishAsync(["--dry-run", .. Mended]);
        Assert.Equal(1, dry.ExitCode);
        Assert.Equal(
            [
                "cannot republish eu/payments/2/2: it would be refused again: unknown_currency, currency is not an ISO 4217 code",
                "cannot republish eu/payments/2/3: it would be refused again: card_number, terminal_id holds a card number; send a token",
                "would republish eu/labels/0/0", "would republish eu/payments/2/1", "would republish eu/payments/3/0",
            ],
            Lines(dry).Order(StringComparer.Ordinal));
        Assert.Contains("3 would be republished, 2 could not be", dry.Errors, StringComparison.Ordinal);
        Assert.Equal(4, EndOf("payments", 2));

        var named = await RepublishAsync(["--offsets", "eu/payments/2/1", "eu/labels/0/0", "eu/payments/2/0", "--json", .. Mended]);
        Assert.Equal(1, named.ExitCode);
        Assert.Equal(
            [
                """{"source":"eu/labels/0/0","republished_as":"eu/labels/0/1","problem":null}""",
                """{"source":"eu/payments/2/0","republished_as":null,"problem":"no dead letter answers that position"}""",
                """{"source":"eu/payments/2/1","republished_as":"eu/payments/2/4","problem":null}""",
            ],
            Lines(named).Order(StringComparer.Ordinal));
        var copy = RecordAt("payments", 2, 4);
        Assert.Equal("c-1", Encoding.UTF8.GetString(copy.Message.Key));
        Assert.Equal(Payment("long", "EUR", LongId), copy.Message.Value);
        Assert.Equal(["trace=abc", "republication_of=eu/payments/2/1"], copy.Message.Headers.Select(header => $"{header.Key}={Encoding.UTF8.GetString(header.GetValueBytes())}"));

        await RunAsync(expected: "\"decisions\":1,\"dead_letters\":0", Mended);
        var decisions = await ScoringProcess.SucceedAsync(cluster.Environment, "decisions", "--topology", Topology);
        Assert.Contains("  long  eu/payments/2/4", decisions.Output, StringComparison.Ordinal);

        // What retention took cannot be read again.
        using (var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = cluster.Brokers }).Build())
        {
            await admin.DeleteRecordsAsync([new TopicPartitionOffset("payments", 3, 1)]);
        }

        var gone = await RepublishAsync(["--offsets", "eu/payments/3/0", .. Mended]);
        Assert.Equal(1, gone.ExitCode);
        Assert.Equal(["cannot republish eu/payments/3/0: it is gone by retention: the topic starts at 1"], Lines(gone));
        foreach (var outcome in new[] { dry, named, gone, unmended })
        {
            Assert.DoesNotContain(Card, outcome.Output + outcome.Errors, StringComparison.Ordinal);
        }
    }

    private static byte[] Payment(string id, string currency, string terminal) => Encoding.UTF8.GetBytes(
        $$"""{"payment_id":"{{id}}","event_time":1700000000000,"amount_minor":100,"currency":"{{currency}}","customer_id":"c-1","terminal_id":"{{terminal}}"}""");

    private static string[] Lines(ScoringProcess.Outcome outcome) => outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private Task<ScoringProcess.Outcome> RepublishAsync(params string[] arguments) =>
        ScoringProcess.RunAsync(cluster.Environment, ["deadletters", "republish", "--topology", Topology, .. arguments]);

    private async Task RunAsync(string expected, params string[] set)
    {
        var run = await ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", Topology, "--until-idle", "2s", .. set]);
        Assert.Contains(expected, run.Errors, StringComparison.Ordinal);
    }

    private long EndOf(string topic, int partition)
    {
        using var consumer = Consumer();
        return consumer.QueryWatermarkOffsets(new TopicPartition(topic, partition), TimeSpan.FromSeconds(20)).High.Value;
    }

    private ConsumeResult<byte[], byte[]> RecordAt(string topic, int partition, long offset)
    {
        using var consumer = Consumer();
        consumer.Assign(new TopicPartitionOffset(topic, partition, offset));
        return consumer.Consume(TimeSpan.FromSeconds(20));
    }

    private IConsumer<byte[], byte[]> Consumer() =>
        new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = cluster.Brokers, GroupId = "test" }).Build();
}
