using System.Globalization;
using System.Text;
using Confluent.Kafka;
using StreamScoring.Contracts;
using StreamScoring.Regions;

namespace StreamScoring.Kafka;

/// <summary>
/// Where the decisions of a partition end: the truth about what is decided, of which a committed offset is only a hint. A log position
/// without a decision is a dead letter, so both topics are asked.
/// </summary>
internal sealed class DecidedTail(KafkaConnection connection, KafkaLogSourceOptions options)
{
    /// <summary>Records looked at first; each further step back doubles it.</summary>
    private const long StepRecords = 512;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Makes the logs behind these payments partitions owned, each from behind its last decision.</summary>
    /// <exception cref="KafkaFailedException">The topics cannot be read.</exception>
    public void TakeOver(IReadOnlyCollection<int> partitions, LogTable logs, PartitionOwnership ownership)
    {
        foreach (var (logIndex, decideFrom) in DecideFrom(partitions, logs))
        {
            ownership.Own(logIndex, decideFrom);
        }
    }

    /// <summary>For each log of these payments partitions, the first offset that has neither decision nor dead letter.</summary>
    public IReadOnlyList<(int LogIndex, long DecideFrom)> DecideFrom(IReadOnlyCollection<int> partitions, LogTable logs)
    {
        if (partitions.Count == 0)
        {
            return [];
        }

        using var consumer = new ConsumerBuilder<Ignore, Ignore>(connection.Settings(
                ("group.id", "scoring-look"), ("enable.auto.commit", "false"), ("enable.partition.eof", "true"), ("auto.offset.reset", "earliest")))
            .SetLogHandler((_, _) => { }).Build();
        try
        {
            var found = new List<(int, long)>();
            var partitionCount = Enumerable.Range(0, logs.Count).Count(logIndex => logs.KindOf(logIndex) == LogKind.Payments);
            foreach (var partition in partitions)
            {
                var sources = Enumerable.Range(0, logs.Count).Where(logIndex => OwnerOf(logs[logIndex], logs.KindOf(logIndex), partitionCount) == partition).ToList();
                var last = sources.ToDictionary(logIndex => (logs[logIndex].Topic, logs[logIndex].Partition), _ => -1L);
                Read(consumer, options.Decisions, partition, last, only: options.Payments);
                Read(consumer, options.DeadLetters, partition, last, only: null);
                found.AddRange(sources.Select(logIndex => (logIndex, last[(logs[logIndex].Topic, logs[logIndex].Partition)] + 1)));
            }

            return found;
        }
        catch (KafkaException e)
        {
            throw new KafkaFailedException($"{connection}: the end of {options.Decisions} cannot be read: {e.Error.Reason}", e);
        }
    }

    /// <summary>Labels go with the payments partition of the same number: its owner sends their dead letters.</summary>
    public static int OwnerOf(LogId log, LogKind kind, int partitionCount) => kind == LogKind.Payments ? log.Partition : log.Partition % partitionCount;

    /// <summary>Steps back from the end until every source was seen, or the topic's start is reached.</summary>
    private static void Read(
        IConsumer<Ignore, Ignore> consumer, string topic, int partition, Dictionary<(string Topic, int Partition), long> last, string? only)
    {
        var source = new TopicPartition(topic, partition);
        var watermarks = consumer.QueryWatermarkOffsets(source, Patience);
        var (end, step) = (watermarks.High.Value, StepRecords);
        var wanted = last.Keys.Where(key => only is null || key.Topic == only).ToHashSet();
        while (wanted.Count > 0 && end > watermarks.Low.Value)
        {
            var start = Math.Max(watermarks.Low.Value, end - step);
            consumer.Assign(new TopicPartitionOffset(source, start));
            for (var position = start; position < end;)
            {
                var result = consumer.Consume(Patience) ?? throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"no answer for {topic} partition {partition}"));
                position = result.Offset.Value + 1;
                if (result.IsPartitionEOF)
                {
                    break;
                }

                if (position <= end && SourceOf(result.Message.Headers) is { } decided && last.TryGetValue(decided.Log, out var known))
                {
                    last[decided.Log] = Math.Max(known, decided.Offset);
                    wanted.Remove(decided.Log);
                }
            }

            (end, step) = (start, step * 2);
        }

        consumer.Unassign();
    }

    private static ((string Topic, int Partition) Log, long Offset)? SourceOf(Headers headers) =>
        headers.TryGetLastBytes(RecordHeaders.Topic, out var topic) && headers.TryGetLastBytes(RecordHeaders.Partition, out var partition)
        && headers.TryGetLastBytes(RecordHeaders.Offset, out var offset)
        && int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var partitionNumber)
        && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var offsetNumber)
            ? ((Encoding.UTF8.GetString(topic), partitionNumber), offsetNumber)
            : null;
}
