using System.Text;
using Confluent.Kafka;
using StreamScoring.Contracts;
using StreamScoring.KafkaClients;

namespace StreamScoring.Kafka;

/// <summary>
/// A topic of one partition that holds parts of the policy, for those who write to it or look at it
/// as a whole. Processes that decide read it as a log among others.
/// </summary>
public sealed class PolicyTopic(KafkaConnection connection, string topic)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// What waits longer than the patience fails, and large records make up what waits.
    /// </summary>
    private const string QueueKilobytes = "4096";

    private readonly TopicPartition _partition = new(topic, 0);

    /// <summary>All records that are there now.</summary>
    /// <param name="from">Offset of the first one; where it is not there, from the beginning.
    /// </param>
    /// <exception cref="KafkaFailedException">No broker answers, or the topic is
    /// missing.</exception>
    public IEnumerable<PolicyRecord> ReadAll(CancellationToken cancel, long from = 0)
    {
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(connection.Settings(
                ("group.id", "scoring-look"), ("enable.auto.commit", "false"), ("enable.partition.eof", "true"), ("auto.offset.reset", "earliest"),
                ("isolation.level", "read_committed"), ("fetch.wait.max.ms", "10")))
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        var ends = EndsOf(consumer, cancel);
        if (ends.High <= ends.Low)
        {
            yield break;
        }

        consumer.Assign(new TopicPartitionOffset(_partition, from < ends.High ? Math.Max(from, ends.Low) : ends.Low));
        for (var heardAt = TimeProvider.System.GetTimestamp(); ;)
        {
            cancel.ThrowIfCancellationRequested();
            if (Next(consumer) is not { } result)
            {
                if (TimeProvider.System.GetElapsedTime(heardAt) > Patience)
                {
                    throw new KafkaFailedException($"{connection}: nothing came of topic {topic} for {Patience.TotalSeconds:0} s");
                }

                continue;
            }

            heardAt = TimeProvider.System.GetTimestamp();
            if (!result.IsPartitionEOF)
            {
                yield return new PolicyRecord(
                    result.Offset, result.Message.Timestamp.UnixTimestampMs, result.Message.Key ?? [], result.Message.Value ?? [], HeaderOf(result, ListRecord.By), HeaderOf(result, ListRecord.Why));
            }

            if (result.Offset >= ends.High - (result.IsPartitionEOF ? 0 : 1))
            {
                yield break;
            }
        }
    }

    /// <summary>Writes records, in their order.</summary>
    /// <param name="records">Of each the key, null for none, and the value, null for a removal of
    /// the key.</param>
    /// <param name="progress">Told how many are written, now and then.</param>
    /// <returns>How many were written.</returns>
    /// <exception cref="KafkaFailedException">The brokers do not take them; those before are
    /// written.</exception>
    public long Write(IEnumerable<(byte[]? Key, byte[]? Value)> records, IReadOnlyDictionary<string, string> headers, Action<long> progress, CancellationToken cancel)
    {
        var (written, failure) = (0L, (Error?)null);
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(connection.Settings(
                ("acks", "all"), ("enable.idempotence", "true"), ("message.timeout.ms", $"{(int)Patience.TotalMilliseconds}"), ("linger.ms", "5"), ("compression.type", "lz4"),
                ("message.max.bytes", "1000000"), ("queue.buffering.max.kbytes", QueueKilobytes)))
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        var common = new Headers();
        foreach (var (name, value) in headers)
        {
            common.Add(name, Encoding.UTF8.GetBytes(value));
        }

        foreach (var (key, value) in records)
        {
            cancel.ThrowIfCancellationRequested();
            Produce(producer, new Message<byte[]?, byte[]?> { Key = key, Value = value, Headers = common });
            if (failure is not null)
            {
                break;
            }

            progress(Interlocked.Read(ref written));
        }

        while (producer.Flush(LookInterval) > 0)
        {
            cancel.ThrowIfCancellationRequested();
            progress(Interlocked.Read(ref written));
        }

        return failure is null ? written
            : throw new KafkaFailedException($"{connection}: topic {topic} does not take what is published ({failure.Reason}); {written:N0} records are written before it. May this user write there?");

        void Produce(IProducer<byte[]?, byte[]?> to, Message<byte[]?, byte[]?> message)
        {
            while (true)
            {
                try
                {
                    to.Produce(_partition, message, report =>
                    {
                        if (report.Error.IsError)
                        {
                            Interlocked.CompareExchange(ref failure, report.Error, null);
                        }
                        else
                        {
                            Interlocked.Increment(ref written);
                        }
                    });
                    return;
                }
                catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
                {
                    to.Poll(LookInterval);
                }
            }
        }
    }

    private static string HeaderOf(ConsumeResult<byte[]?, byte[]?> result, string name) =>
        result.Message.Headers?.TryGetLastBytes(name, out var value) == true ? Encoding.UTF8.GetString(value) : "";

    /// <summary>The offset behind its newest record.</summary>
    /// <exception cref="KafkaFailedException">No broker answers, or the topic is
    /// missing.</exception>
    public long End(CancellationToken cancel)
    {
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(connection.Settings(("group.id", "scoring-look"), ("enable.auto.commit", "false")))
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        return EndsOf(consumer, cancel).High;
    }

    private WatermarkOffsets EndsOf(IConsumer<byte[]?, byte[]?> consumer, CancellationToken cancel)
    {
        try
        {
            return consumer.WatermarksOf(_partition, Patience, () => cancel.IsCancellationRequested);
        }
        catch (KafkaException e)
        {
            throw new KafkaFailedException($"{connection}: topic {topic} cannot be read ({e.Error.Reason}); {(e.Error.Code is ErrorCode.Local_AllBrokersDown or ErrorCode.Local_Transport or ErrorCode.Local_TimedOut ? "is a broker there?" : "is it there? scoring topics create makes it")}", e);
        }
    }

    private ConsumeResult<byte[]?, byte[]?>? Next(IConsumer<byte[]?, byte[]?> consumer)
    {
        try
        {
            return consumer.Consume(LookInterval);
        }
        catch (ConsumeException e)
        {
            throw new KafkaFailedException($"{connection}: topic {topic} cannot be read: {e.Error.Reason}", e);
        }
    }
}

/// <summary>One record of such a topic.</summary>
/// <param name="AtMs">Its timestamp, ms since the Unix epoch.</param>
/// <param name="Key">Empty for none.</param>
/// <param name="Value">Empty for a removal of the key.</param>
/// <param name="By">Who wrote it, where a header says so; else empty.</param>
public sealed record PolicyRecord(long Offset, long AtMs, byte[] Key, byte[] Value, string By, string Why);
