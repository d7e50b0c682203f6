using System.Globalization;
using System.Text;
using Confluent.Kafka;
using StreamScoring.Chaos.World;
using StreamScoring.Contracts;

namespace StreamScoring.Chaos.Oracle;

/// <summary>Reads topics, as far as they are there.</summary>
public sealed class LogDump(string brokers)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60), Pause = TimeSpan.FromSeconds(1);

    /// <summary>Reads a topic to its end.</summary>
    /// <param name="from">By partition: the first offset that is wanted.</param>
    /// <exception cref="InvalidOperationException">Records from there on are gone.</exception>
    public List<LogRecord> Read(string topic, IReadOnlyList<long> from) => Persistently(() =>
    {
        using var consumer = NewConsumer();
        return Enumerable.Range(0, from.Count).SelectMany(partition => Read(consumer, new TopicPartition(topic, partition), from[partition])).ToList();
    });

    /// <summary>
    /// By <c>region/topic/partition</c>: where the inputs end, which is what every state's vector
    /// must come to. Of a log that is empty there is nothing to come to.
    /// </summary>
    public IReadOnlyDictionary<string, long> InputEnds() => Persistently(() =>
    {
        using var consumer = NewConsumer();
        return new[] { Topics.Payments, Topics.Labels }
            .SelectMany(topic => Enumerable.Range(0, Topics.Partitions).Select(partition => new TopicPartition(topic, partition)))
            .Select(log => (log, There: consumer.QueryWatermarkOffsets(log, Patience)))
            .Where(log => log.There.High > log.There.Low)
            .ToDictionary(log => $"{Topics.Region}/{log.log.Topic}/{log.log.Partition.Value}", log => log.There.High.Value);
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

    private static List<LogRecord> Read(IConsumer<Ignore, byte[]> consumer, TopicPartition log, long from)
    {
        var records = new List<LogRecord>();
        var there = consumer.QueryWatermarkOffsets(log, Patience);
        if (there.Low > from)
        {
            throw new InvalidOperationException($"{log} begins at {there.Low}, and {from} was not read yet");
        }

        consumer.Assign(new TopicPartitionOffset(log, from));
        for (var next = from; next < there.High;)
        {
            var result = consumer.Consume(Patience) ?? throw new TimeoutException($"{log} gives nothing at offset {next} of {there.High}");
            if (result.IsPartitionEOF)
            {
                // Behind the last record may stand the marker of a transaction, and behind that one
                // that is open yet and will be aborted.
                next = result.Offset.Value;
            }
            else
            {
                next = result.Offset.Value + 1;
                records.Add(new LogRecord(
                    log.Partition, result.Offset.Value, result.Message.Timestamp.UnixTimestampMs, result.Message.Value ?? [], ExpectOf(result.Message.Headers), SourceOf(result.Message.Headers)));
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

    private static Position? SourceOf(Headers headers)
    {
        if (!headers.TryGetLastBytes(RecordHeaders.Source, out var header))
        {
            return null;
        }

        // region/topic/partition/offset/topic id
        var parts = Encoding.UTF8.GetString(header).Split('/', 5);
        return new Position(parts[1], parts.Length > 4 ? parts[4] : "", int.Parse(parts[2], CultureInfo.InvariantCulture), long.Parse(parts[3], CultureInfo.InvariantCulture));
    }
}
