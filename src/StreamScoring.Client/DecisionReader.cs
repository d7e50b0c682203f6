using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Confluent.Kafka;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// Reads decisions, each payment's once. A process that was replaced and does not know it yet may write positions again, in order: the
/// reader keeps the highest position seen of each payments log and drops what is not above it.
/// </summary>
public sealed class DecisionReader : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly string _topic;
    private readonly IConsumer<Ignore, byte[]> _consumer;
    private readonly Dictionary<(string Region, string Topic, int Partition), long> _highest = [];
    private Dictionary<int, long> _ends = [];

    /// <exception cref="KafkaException">The brokers do not answer, or the topic is missing.</exception>
    public DecisionReader(KafkaSettings settings, string topic, ReadFrom from)
    {
        _topic = topic;
        _consumer = new ConsumerBuilder<Ignore, byte[]>(settings.With(
                ("group.id", "scoring-decisions"),
                ("enable.auto.commit", "false"),
                ("enable.partition.eof", "true"),
                ("auto.offset.reset", "earliest"),
                ("isolation.level", "read_committed"),
                ("fetch.wait.max.ms", "10")))
            .SetLogHandler((_, _) => { })
            .SetErrorHandler((_, _) => { })
            .Build();
        Assign(settings, from);
    }

    /// <summary>Decisions that were read before and came again.</summary>
    public long Repeated { get; private set; }

    /// <param name="follow">False: ends at the end of the topic that was found at the start.</param>
    public IEnumerable<ReadDecision> Read(bool follow, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested && (follow || _ends.Count > 0))
        {
            if (Next(TimeSpan.FromMilliseconds(200)) is { } decision)
            {
                yield return decision;
            }
        }
    }

    public void Dispose()
    {
        _consumer.Close();
        _consumer.Dispose();
    }

    private void Assign(KafkaSettings settings, ReadFrom from)
    {
        using var admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
        var metadata = admin.GetMetadata(_topic, Patience).Topics.Single();
        if (metadata.Error.IsError)
        {
            throw new KafkaException(new Error(metadata.Error.Code, $"topic {_topic} on {settings.Brokers}: {metadata.Error.Reason}"));
        }

        var partitions = metadata.Partitions.Select(partition => new TopicPartition(_topic, partition.PartitionId)).ToList();
        var starts = from.TimestampMs is { } time
            ? _consumer.OffsetsForTimes(partitions.Select(partition => new TopicPartitionTimestamp(partition, new Timestamp(time, TimestampType.CreateTime))), Patience)
            : [.. partitions.Select(partition => new TopicPartitionOffset(partition, from.IsBeginning ? Offset.Beginning : Offset.End))];
        foreach (var start in starts)
        {
            var watermarks = _consumer.QueryWatermarkOffsets(start.TopicPartition, Patience);
            if (watermarks.High > watermarks.Low && start.Offset != Offset.End)
            {
                _ends[start.Partition.Value] = watermarks.High.Value;
            }
        }

        _consumer.Assign(starts);
    }

    private ReadDecision? Next(TimeSpan timeout)
    {
        if (_consumer.Consume(timeout) is not { } result)
        {
            return null;
        }

        var partition = result.Partition.Value;
        // Behind a transaction's end there is a marker that is not read: the end event says so.
        if (_ends.TryGetValue(partition, out var end) && (result.IsPartitionEOF ? result.Offset.Value >= end : result.Offset.Value + 1 >= end))
        {
            _ends.Remove(partition);
        }

        if (result.IsPartitionEOF || result.Message.Value is null || SourceOf(result.Message.Headers) is not { } source)
        {
            return null;
        }

        ref var highest = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(
            _highest, (source.Region, source.Topic, source.Partition), out var exists);
        if (exists && source.Offset <= highest)
        {
            Repeated++;
            return null;
        }

        highest = source.Offset;
        return new ReadDecision(source, result.Message.Value);
    }

    private static DecisionSource? SourceOf(Headers headers)
    {
        var (region, topic, partition, offset) = (Text(headers, RecordHeaders.Region), Text(headers, RecordHeaders.Topic), Text(headers, RecordHeaders.Partition), Text(headers, RecordHeaders.Offset));
        return region is not null && topic is not null
            && int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var partitionNumber)
            && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var offsetNumber)
                ? new DecisionSource(region, topic, partitionNumber, offsetNumber)
                : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static string? Text(Headers headers, string name) => headers.TryGetLastBytes(name, out var bytes) ? Encoding.UTF8.GetString(bytes) : null;
}
