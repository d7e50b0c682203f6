using System.Diagnostics;
using System.Text.Json;
using Confluent.Kafka;

namespace StreamScoring.Benchmarks;

/// <summary>
/// What a Kafka client costs when nothing is done between: one consumer, one producer, every record
/// written as it came into the partition that it came from. The producer promises what the
/// pipeline's does (idempotent, all replicas, lz4, the same linger); the consumer is spared what
/// the loop does not look at.
/// </summary>
internal static class BareLoop
{
    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var (from, to, messages) = (options.Required("from"), options.Required("to"), options.Integer("messages", 0));
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = options.Required("brokers"),
            GroupId = options.Required("group"),
            AutoOffsetReset = AutoOffsetReset.Earliest,
            ConsumeResultFields = "none",
            // The client's default makes a full queue wait for a second.
            FetchQueueBackoffMs = 10,
        }).Build();
        using var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
        {
            BootstrapServers = options.Required("brokers"),
            Acks = Acks.All,
            EnableIdempotence = true,
            LingerMs = options.Number("linger-ms", 1),
            CompressionType = CompressionType.Lz4,
            DeliveryReportFields = "none",
        }).Build();

        var (acknowledged, failed) = (0, 0);
        Action<DeliveryReport<byte[], byte[]>> onReport = report => _ = report.Error.IsError ? Interlocked.Increment(ref failed) : Interlocked.Increment(ref acknowledged);
        consumer.Subscribe(from);
        var started = 0L;
        for (var taken = 0; messages == 0 || taken < messages; taken++)
        {
            var consumed = consumer.Consume();
            started = started == 0 ? Stopwatch.GetTimestamp() : started;
            Produce(producer, new TopicPartition(to, consumed.Partition), new Message<byte[], byte[]> { Key = consumed.Message.Key, Value = consumed.Message.Value }, onReport);
        }

        while (producer.Flush(TimeSpan.FromSeconds(1)) > 0)
        {
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        consumer.Close();
        Console.WriteLine(JsonSerializer.Serialize(new { messages = acknowledged, failed, seconds = Math.Round(seconds, 3) }));
        return acknowledged == messages ? 0 : 1;
    }

    private static void Produce(
        IProducer<byte[], byte[]> producer, TopicPartition to, Message<byte[], byte[]> message, Action<DeliveryReport<byte[], byte[]>> onReport)
    {
        while (true)
        {
            try
            {
                producer.Produce(to, message, onReport);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Poll(TimeSpan.FromMilliseconds(1));
            }
        }
    }
}
