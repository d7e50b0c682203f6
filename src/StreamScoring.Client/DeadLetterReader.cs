using System.Runtime.CompilerServices;
using System.Text.Json;
using Confluent.Kafka;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// Reads a region's dead letters, each refused record's once. It stores no position. One
/// enumeration at a time.
/// </summary>
public sealed class DeadLetterReader : IAsyncDisposable
{
    private readonly TopicConsumer _consumer;
    private readonly bool _follows;
    private readonly SourcePositions _seen = new();
    private TopicEnds? _ends;

    private DeadLetterReader(ScoringRegion region, bool follows, TimeSpan fetchWaitMax)
    {
        _follows = follows;
        _consumer = new TopicConsumer(region.Kafka, "scoring-dead-letters", readsCommitted: true, fetchWaitMax, TimeSpan.FromSeconds(10), null);
    }

    /// <summary>Records that are no dead letter. They were skipped.</summary>
    public long Poison { get; private set; }

    /// <param name="follows">False: ends at the end of the topic as it was found.</param>
    /// <param name="fetchWaitMax">How long a broker holds an answer back for want of data.</param>
    /// <exception cref="ReadFailedException">The topic is missing, or the brokers do not
    /// answer.</exception>
    public static async Task<DeadLetterReader> OpenAsync(ScoringRegion region, ReadFrom from, bool follows, TimeSpan fetchWaitMax)
    {
        ArgumentNullException.ThrowIfNull(region);
        var reader = new DeadLetterReader(region, follows, fetchWaitMax);
        try
        {
            await reader._consumer.RunAsync(() =>
            {
                var starts = reader._consumer.StartsOf(reader._consumer.PartitionsOf(region.DeadLetters), from);
                reader._ends = new TopicEnds(starts);
                reader._consumer.Client.Assign(starts.Select(start => new TopicPartitionOffset(start.Partition, start.Offset)));
                return true;
            });
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>The dead letters, in order within each log.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ReadFailedException">The topic cannot be read.</exception>
    public async IAsyncEnumerable<ReadDeadLetter> ReadAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        while (_follows || _ends is { AreReached: false })
        {
            var result = await _consumer.NextAsync(() => { }, cancel);
            _ends?.See(result);
            if (!result.IsPartitionEOF && Parse(result.Message.Value) is { } letter && !_seen.IsRepeated(letter.Letter.Source, letter.Letter.SourceTopicId ?? ""))
            {
                _seen.Advance(letter.Letter.Source, letter.Letter.SourceTopicId ?? "");
                yield return letter;
            }
        }
    }

    public ValueTask DisposeAsync() => _consumer.DisposeAsync();

    private ReadDeadLetter? Parse(byte[]? value)
    {
        try
        {
            return new ReadDeadLetter(DeadLetterJson.Read(value), value);
        }
        catch (JsonException)
        {
            Poison++;
            return null;
        }
    }
}
