using System.Runtime.CompilerServices;
using Confluent.Kafka;

namespace StreamScoring.Client;

/// <summary>
/// The records of one topic, in order within each partition. It stores no position. One enumeration
/// at a time.
/// </summary>
internal sealed class TopicRecords : IAsyncDisposable
{
    private readonly TopicConsumer _consumer;
    private readonly bool _follows;
    private TopicEnds? _ends;

    private TopicRecords(ScoringRegion region, string client, bool follows, TimeSpan fetchWaitMax)
    {
        _follows = follows;
        _consumer = new TopicConsumer(region.Kafka, client, readsCommitted: true, fetchWaitMax, TimeSpan.FromSeconds(10), null);
    }

    /// <param name="client">Names it to the brokers.</param>
    /// <param name="follows">False: ends at the end of the topic as it was found.</param>
    /// <param name="fetchWaitMax">How long a broker holds an answer back for want of data.</param>
    /// <exception cref="ReadFailedException">The topic is missing, or the brokers do not
    /// answer.</exception>
    public static async Task<TopicRecords> OpenAsync(ScoringRegion region, string topic, string client, ReadFrom from, bool follows, TimeSpan fetchWaitMax)
    {
        var records = new TopicRecords(region, client, follows, fetchWaitMax);
        try
        {
            await records._consumer.RunAsync(() =>
            {
                var starts = records._consumer.StartsOf(records._consumer.PartitionsOf(topic), from);
                records._ends = new TopicEnds(starts);
                records._consumer.Client.Assign(starts.Select(start => new TopicPartitionOffset(start.Partition, start.Offset)));
                return true;
            });
            return records;
        }
        catch
        {
            await records.DisposeAsync();
            throw;
        }
    }

    /// <returns>Values of records; null for a record without one.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ReadFailedException">The topic cannot be read.</exception>
    public async IAsyncEnumerable<byte[]?> ReadAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        while (_follows || _ends is { AreReached: false })
        {
            var result = await _consumer.NextAsync(() => { }, cancel);
            _ends?.See(result);
            if (!result.IsPartitionEOF)
            {
                yield return result.Message.Value;
            }
        }
    }

    public ValueTask DisposeAsync() => _consumer.DisposeAsync();
}
