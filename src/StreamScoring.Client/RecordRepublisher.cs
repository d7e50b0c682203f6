using System.Runtime.CompilerServices;
using System.Text;
using Confluent.Kafka;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// Publishes records that were refused once more, as they are: same topic, same partition, same
/// key, with a header that says which position is repeated. The topic is the only place that still
/// has them, and it has them no longer than its retention.
/// </summary>
/// <remarks>
/// It writes what it finds. Whether that may be written again (a card number may not) is for the
/// caller to check: the value by the topology, key and headers by
/// <see cref="OriginalRecord.FindCardNumber"/>.
/// </remarks>
public sealed class RecordRepublisher : IAsyncDisposable
{
    /// <summary>
    /// Records that are read and thrown away rather than sought over: seeking costs a request.
    /// </summary>
    private const int GapMax = 500;

    private readonly ScoringRegion _region;
    private readonly TopicConsumer _consumer;
    private readonly IProducer<byte[]?, byte[]?> _producer;

    /// <param name="fetchWaitMax">How long a broker holds an answer back for want of data.</param>
    public RecordRepublisher(ScoringRegion region, TimeSpan fetchWaitMax)
    {
        ArgumentNullException.ThrowIfNull(region);
        _region = region;
        _consumer = new TopicConsumer(region.Kafka, "scoring-republish", readsCommitted: false, fetchWaitMax, TimeSpan.FromSeconds(10), null);
        _producer = new ProducerBuilder<byte[]?, byte[]?>(region.Kafka.With(("enable.idempotence", "true"), ("acks", "all"), ("linger.ms", "0"), ("message.timeout.ms", "30000")))
            .SetLogHandler((_, _) => { })
            .SetErrorHandler((_, _) => { })
            .Build();
    }

    /// <summary>
    /// Reads records from their positions, in order within each log. Each position gives one
    /// result, found or missing.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ReadFailedException">A topic cannot be read.</exception>
    public async IAsyncEnumerable<OriginalRecord> FindAsync(IReadOnlyCollection<DecisionSource> positions, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(positions);
        foreach (var log in positions.GroupBy(position => new LogKey(position.Region, position.Topic, position.Partition)))
        {
            var sorted = log.Distinct().OrderBy(position => position.Offset).ToList();
            var refusal = log.Key.Region != _region.Name ? $"it belongs to region {log.Key.Region}, and this is {_region.Name}"
                : log.Key.Topic != _region.Payments && log.Key.Topic != _region.Labels ? $"{log.Key.Topic} is neither this region's payments nor its labels"
                : null;
            if (refusal is not null)
            {
                foreach (var position in sorted)
                {
                    yield return new OriginalRecord(position, refusal);
                }

                continue;
            }

            await foreach (var record in FindInAsync(new TopicPartition(log.Key.Topic, log.Key.Partition), sorted, cancel))
            {
                yield return record;
            }
        }
    }

    /// <summary>
    /// Publishes a record that was found, with the current time as its timestamp.
    /// </summary>
    /// <returns>Where it stands now.</returns>
    /// <exception cref="ArgumentException">The record is missing.</exception>
    /// <exception cref="PublishFailedException">The brokers did not take it.</exception>
    public async Task<DecisionSource> RepublishAsync(OriginalRecord record, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        var original = record.Message ?? throw new ArgumentException($"{record.Source} was not found", nameof(record));
        var headers = new Headers();
        foreach (var header in original.Headers.Where(header => header.Key != RecordHeaders.RepublicationOf))
        {
            headers.Add(header.Key, header.GetValueBytes());
        }

        headers.Add(RecordHeaders.RepublicationOf, Encoding.UTF8.GetBytes(record.Source.ToString()));
        try
        {
            // The partition is named: the original's publisher may have spread keys otherwise, and
            // the key's other payments are there.
            var delivered = await _producer.ProduceAsync(
                new TopicPartition(record.Source.Topic, record.Source.Partition), new Message<byte[]?, byte[]?> { Key = original.Key, Value = original.Value, Headers = headers }, cancel);
            return record.Source with { Offset = delivered.Offset.Value };
        }
        catch (ProduceException<byte[]?, byte[]?> e)
        {
            throw new PublishFailedException($"the brokers {_region.Kafka.Brokers} did not take {record.Source} again: {e.Error.Reason}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _consumer.DisposeAsync();
        _producer.Dispose();
    }

    private async IAsyncEnumerable<OriginalRecord> FindInAsync(TopicPartition partition, List<DecisionSource> positions, [EnumeratorCancellation] CancellationToken cancel)
    {
        var ends = await _consumer.RunAsync(() => _consumer.WatermarksOf(partition));
        var next = -1L;
        ConsumeResult<byte[]?, byte[]?>? held = null;
        foreach (var position in positions)
        {
            if (position.Offset < ends.Low.Value || position.Offset >= ends.High.Value)
            {
                yield return new OriginalRecord(position, position.Offset < ends.Low.Value ? $"it is gone by retention: the topic starts at {ends.Low.Value}" : $"the topic ends at {ends.High.Value}");
                continue;
            }

            if (next < 0 || position.Offset - next > GapMax)
            {
                await _consumer.RunAsync(() =>
                {
                    _consumer.Client.Assign(new TopicPartitionOffset(partition, position.Offset));
                    return true;
                });
                held = null;
            }

            // What was read is held: compaction may have taken the position itself, and then it is
            // behind it already.
            while (held is null || (held.Offset.Value < position.Offset && !held.IsPartitionEOF))
            {
                held = await _consumer.NextAsync(() => { }, cancel);
            }

            next = held.Offset.Value + 1;
            yield return held.Offset.Value == position.Offset && !held.IsPartitionEOF
                ? new OriginalRecord(position, null) { Message = held.Message, Value = held.Message.Value ?? [] }
                : new OriginalRecord(position, "it is gone by retention or compaction");
        }
    }
}
