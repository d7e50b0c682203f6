using System.Text.Json;
using Confluent.Kafka;
using StreamScoring.Benchmarks.OpenLoop;

namespace StreamScoring.Benchmarks.Hostile;

/// <summary>
/// A second publisher on the topic of an open loop, as a process of its own and without anything of
/// ours: so many hostile records into every partition, evenly over a time. Prints how many of each
/// kind, and the card numbers that stand in them.
/// </summary>
internal static class HostileBenchmark
{
    private const int ChunkUs = 20_000;

    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var (topic, records, seconds) = (options.Required("payments"), options.Integer("records", 3000), options.Number("seconds", 20));
        var hostile = new HostileRecords(options.Integer("seed", 1), (options.Text("kinds") ?? string.Join(',', HostileRecords.Kinds)).Split(','));
        using var producer = new ProducerBuilder<byte[]?, byte[]>(new ProducerConfig
        {
            BootstrapServers = options.Required("brokers"),
            LingerMs = 1,
            QueueBufferingMaxMessages = 1_000_000,
            Acks = Acks.All,
        }).Build();
        using var admin = new DependentAdminClientBuilder(producer.Handle).Build();
        var partitions = admin.GetMetadata(topic, TimeSpan.FromSeconds(10)).Topics[0].Partitions.Count;
        var (kinds, refused) = (new SortedDictionary<string, int>(), 0);
        var startUs = IntendedTime.NowUs + (long)(options.Number("delay", 0) * 1e6);
        var total = records * partitions;
        for (var number = 0; number < total; number++)
        {
            var dueUs = startUs + (long)(number * (seconds * 1e6 / total) / ChunkUs) * ChunkUs;
            for (long waitUs; (waitUs = dueUs - IntendedTime.NowUs) > 0;)
            {
                Pause.For(waitUs);
            }

            var (kind, key, value, timestampMs) = hostile.Draw(IntendedTime.NowUs / 1000);
            kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
            producer.Produce(
                new TopicPartition(topic, number % partitions),
                new Message<byte[]?, byte[]> { Key = key, Value = value, Timestamp = new Timestamp(timestampMs, TimestampType.CreateTime) },
                report => refused += report.Error.IsError ? 1 : 0);
        }

        producer.Flush(TimeSpan.FromSeconds(30));
        Console.WriteLine(JsonSerializer.Serialize(new { sent = total, refused, kinds, numbers = hostile.Numbers }));
        return 0;
    }
}
