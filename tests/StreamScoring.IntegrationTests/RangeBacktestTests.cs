using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// <c>rules backtest</c> over what topics hold: payments of two regions, one a second by the time
/// of their records. The later ones came in transactions, whose marks are stamped now.
/// </summary>
public sealed class RangeBacktestTests(TwoRegions regions) : IClassFixture<TwoRegions>
{
    private const int Payments = 400, Customers = 10, Partitions = 2, PerTransaction = 20, InTransactionsFrom = 240, Late = 346, LateSeconds = 7, MoreThan = 25;

    private static readonly long BeginMs = TimeProvider.System.GetUtcNow().AddHours(-1).ToUnixTimeMilliseconds() / 1000 * 1000;

    [SharedFact]
    public async Task It_decides_what_topics_hold_with_what_other_regions_published_and_within_bounds_of_time()
    {
        var set = await regions.TopicsAsync(Partitions);
        foreach (var (region, odd) in new[] { ("eu", 0), ("us", 1) })
        {
            Publish(region, set, odd);
        }

        var rules = Path.Combine(regions.Folder, "range-rules.txt");
        await File.WriteAllTextAsync(rules, $"review many when customer_nb_tx_7d > {MoreThan}\n");

        await RequireAsync(rules, set, [], from: 0, to: Payments, readFrom: 0);
        await RequireAsync(rules, set, ["--from", At(200)], from: 200, to: Payments, readFrom: 0);
        await RequireAsync(rules, set, ["--from", At(200), "--to", At(351)], from: 200, to: 351, readFrom: 0);
        // What came again behind it came first before it, and is none of these payments.
        await RequireAsync(rules, set, ["--from", At(204).Replace("Z", ".200Z", StringComparison.Ordinal)], from: 205, to: Payments, readFrom: 0);
        // Customers have no past beyond what is read.
        await RequireAsync(rules, set, ["--from", At(200), "--warm-up", "100s"], from: 200, to: Payments, readFrom: 100);
        await RequireAsync(rules, set, ["--to", At(300)], from: 0, to: 300, readFrom: 0);
        var (exit, output, error) = await BacktestAsync(rules, set, ["--from", At(5000), "--json"]);
        Assert.Equal(0, exit);
        Assert.StartsWith("{\"payments\":0,\"frauds\":0,", output, StringComparison.Ordinal);
        Assert.Contains("there are no payments of that time", error, StringComparison.Ordinal);
    }

    /// <summary>What is counted is what the numbers of payments say.</summary>
    private async Task RequireAsync(string rules, string[] set, string[] bounds, int from, int to, int readFrom)
    {
        var decided = Path.Combine(regions.Folder, "range-decided.csv");
        var (exit, output, error) = await BacktestAsync(rules, set, [.. bounds, "--json", "--output", decided]);
        Assert.True(exit == 0, error);
        Assert.Equal(to == Payments, error.Contains("hold to no contract and are left out: 2", StringComparison.Ordinal));
        // One is stamped later than records behind it: it is merged before --to, and stamped after.
        var own = Enumerable.Range(from, to - from).Where(i => i % 2 == 0 && (i != Late || i + LateSeconds < to)).ToList();
        var many = own.Where(i => Enumerable.Range(readFrom, i + 1 - readFrom).Count(other => CustomerOf(other) == CustomerOf(i)) > MoreThan).ToList();
        Assert.NotInRange(many.Count, 0, 9);
        Assert.NotEqual(own.Count, many.Count);
        using var summary = JsonDocument.Parse(output);
        var rule = summary.RootElement.GetProperty("rules")[0];
        Assert.Equal(
            $"{own.Count + own.Count(IsRepeated)} {own.Count(IsFraud)} {many.Count} {many.Count(IsFraud)}",
            $"{summary.RootElement.GetProperty("payments")} {summary.RootElement.GetProperty("frauds")} {rule.GetProperty("hits")} {rule.GetProperty("frauds")}");
        var rows = await File.ReadAllLinesAsync(decided);
        Assert.Equal(
            many.Select(i => $"p-{i}").Order(StringComparer.Ordinal), rows.Where(row => row.EndsWith(",many", StringComparison.Ordinal)).Select(row => row.Split(',')[0]).Order(StringComparer.Ordinal));
    }

    private async Task<(int Exit, string Output, string Error)> BacktestAsync(string rules, string[] set, string[] more)
    {
        var result = await ScoringProcess.RunAsync(regions.EnvironmentOf("eu"), ["rules", "backtest", rules, "--topology", TwoRegions.Topology, .. set, .. more]);
        return (result.ExitCode, result.Output, result.Errors);
    }

    private static string CustomerOf(int i) => $"c-{i / 2 % Customers}";

    private static bool IsFraud(int i) => i % 8 == 0;

    /// <summary>Whether it is published again half a second later.</summary>
    private static bool IsRepeated(int i) => i % 3 == 0 && i < InTransactionsFrom;

    private static string At(int i) => DateTimeOffset.FromUnixTimeMilliseconds(BeginMs + (i * 1000L)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private void Publish(string region, string[] set, int odd)
    {
        var (payments, labels) = (TopicOf(set, region, "payments"), TopicOf(set, region, "labels"));
        var own = Enumerable.Range(0, Payments).Where(i => i % 2 == odd).ToList();
        using (var plain = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = regions.BrokersOf(region) }).Build())
        {
            own.Where(i => i < InTransactionsFrom).SelectMany(i => IsRepeated(i) ? (long[])[0, 500] : [0], (i, later) => (i, later)).ToList()
                .ForEach(record => Produce(plain, payments, record.i, PaymentOf(record.i, $"p-{record.i}"), record.later));
            plain.Flush(TimeSpan.FromSeconds(30));
        }

        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = regions.BrokersOf(region), TransactionalId = $"range-{region}" }).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(30));
        foreach (var chunk in own.Where(i => i >= InTransactionsFrom).Chunk(PerTransaction))
        {
            producer.BeginTransaction();
            Array.ForEach(chunk, i => Produce(producer, payments, i, PaymentOf(i, $"p-{i}"), later: i == Late ? LateSeconds * 1000 : 0));
            producer.CommitTransaction();
            // Nobody may see these: they would be payments of the same customers. Markers stand
            // where each log ends, too.
            producer.BeginTransaction();
            Array.ForEach(chunk, i => Produce(producer, payments, i, PaymentOf(i, $"aborted-{i}")));
            producer.Flush(TimeSpan.FromSeconds(30));
            producer.AbortTransaction();
        }

        producer.BeginTransaction();
        own.Where(IsFraud).ToList().ForEach(i => Produce(producer, labels, Payments + i, string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"payment_id":"p-{{i}}","event_time":"{{At(i)}}","known_at":"{{At(Payments + i)}}","fraud":true,"customer_id":"{{CustomerOf(i)}}","terminal_id":"t-1"}""")));
        Produce(producer, payments, 3 * Payments, "no payment");
        producer.CommitTransaction();

        void Produce(IProducer<Null, byte[]> to, string topic, int at, string value, long later = 0) => to.Produce(
            new TopicPartition(topic, at % 2 == odd ? at / 2 % Partitions : 0),
            new Message<Null, byte[]> { Value = Encoding.UTF8.GetBytes(value), Timestamp = new Timestamp(BeginMs + (at * 1000L) + later, TimestampType.CreateTime) });
    }

    private static string PaymentOf(int i, string id) =>
        $$"""{"payment_id":"{{id}}","event_time":"{{At(i)}}","amount_minor":{{100 + i}},"currency":"EUR","customer_id":"{{CustomerOf(i)}}","terminal_id":"t-{{i % 7}}"}""";

    private static string TopicOf(string[] set, string region, string topic) =>
        set.First(argument => argument.StartsWith($"regions.{region}.topics.{topic}=", StringComparison.Ordinal)).Split('=')[1];
}
