using System.Globalization;
using System.Text;
using Confluent.Kafka;
using StreamScoring.Chaos.World;
using StreamScoring.Contracts;

namespace StreamScoring.Chaos.Oracle;

/// <summary>Reads topics from beginning to end.</summary>
public sealed class LogDump(string brokers)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60), Pause = TimeSpan.FromSeconds(1);

    public Logs ReadAll() => Persistently(() => new Logs(Read(Topics.Payments), Read(Topics.Labels), Read(Topics.Decisions), Read(Topics.DeadLetters)));

    /// <summary>By <c>region/topic/partition</c>: where the inputs end, which is what every state's vector must come to.</summary>
    public IReadOnlyDictionary<string, long> InputEnds() => Persistently(() =>
    {
        using var consumer = NewConsumer();
        return new[] { Topics.Payments, Topics.Labels }
            .SelectMany(topic => Enumerable.Range(0, Topics.Partitions).Select(partition => new TopicPartition(topic, partition)))
            .Select(log => (log, End: consumer.QueryWatermarkOffsets(log, Patience).High.Value))
            .Where(log => log.End > 0)
            .ToDictionary(log => $"{Topics.Region}/{log.log.Topic}/{log.log.Partition.Value}", log => log.End);
    });

    /// <summary>The brokers may still be getting over the last fault.</summary>
    private static T Persistently<T>(Func<T> read)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                return read();
            }
            catch (KafkaException) when (TimeProvider.System.GetElapsedTime(began) < Patience)
            {
                Thread.Sleep(Pause);
            }
        }
    }

    private List<LogRecord> Read(string topic)
    {
        using var consumer = NewConsumer();
        var records = new List<LogRecord>();
        for (var partition = 0; partition < Topics.Partitions; partition++)
        {
            var log = new TopicPartition(topic, partition);
            var end = consumer.QueryWatermarkOffsets(log, Patience).High.Value;
            consumer.Assign(new TopicPartitionOffset(log, 0));
            for (var next = 0L; next < end;)
            {
                var result = consumer.Consume(Patience) ?? throw new TimeoutException($"{topic}/{partition} gives nothing at offset {next} of {end}");
                if (result.IsPartitionEOF)
                {
                    // Behind the last record may stand the marker of a transaction, and behind that one that is open yet and will be aborted.
                    next = result.Offset.Value;
                }
                else
                {
                    next = result.Offset.Value + 1;
                    records.Add(new LogRecord(
                        partition, result.Offset.Value, result.Message.Timestamp.UnixTimestampMs, result.Message.Value ?? [], ExpectOf(result.Message.Headers), SourceOf(result.Message.Headers)));
                }
            }
        }

        return records;
    }

    private IConsumer<Ignore, byte[]> NewConsumer() => new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig
    {
        BootstrapServers = brokers,
        GroupId = "chaos-oracle",
        EnableAutoCommit = false,
        EnablePartitionEof = true,
        IsolationLevel = IsolationLevel.ReadCommitted,
        AutoOffsetReset = AutoOffsetReset.Error,
    }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    private static Expect ExpectOf(Headers headers) =>
        headers.TryGetLastBytes(Topics.ExpectHeader, out var text) ? Enum.Parse<Expect>(Encoding.UTF8.GetString(text)) : Expect.Nothing;

    private static Position? SourceOf(Headers headers) =>
        headers.TryGetLastBytes(RecordHeaders.Topic, out var topic)
        && headers.TryGetLastBytes(RecordHeaders.Partition, out var partition)
        && headers.TryGetLastBytes(RecordHeaders.Offset, out var offset)
            ? new Position(
                Encoding.UTF8.GetString(topic), int.Parse(Encoding.UTF8.GetString(partition), CultureInfo.InvariantCulture),
                long.Parse(Encoding.UTF8.GetString(offset), CultureInfo.InvariantCulture))
            : null;
}
