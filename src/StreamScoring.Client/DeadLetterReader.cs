using System.Runtime.CompilerServices;
using System.Text.Json;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// Reads a region's dead letters, each refused record's once. It stores no position. One
/// enumeration at a time.
/// </summary>
public sealed class DeadLetterReader : IAsyncDisposable
{
    private readonly TopicRecords _records;
    private readonly SourcePositions _seen = new();

    private DeadLetterReader(TopicRecords records) => _records = records;

    /// <summary>Records that are no dead letter. They were skipped.</summary>
    public long Poison { get; private set; }

    /// <param name="follows">False: ends at the end of the topic as it was found.</param>
    /// <param name="fetchWaitMax">How long a broker holds an answer back for want of data.</param>
    /// <exception cref="ReadFailedException">The topic is missing, or the brokers do not
    /// answer.</exception>
    public static async Task<DeadLetterReader> OpenAsync(ScoringRegion region, ReadFrom from, bool follows, TimeSpan fetchWaitMax)
    {
        ArgumentNullException.ThrowIfNull(region);
        return new DeadLetterReader(await TopicRecords.OpenAsync(region, region.DeadLetters, "scoring-dead-letters", from, follows, fetchWaitMax));
    }

    /// <summary>The dead letters, in order within each log.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ReadFailedException">The topic cannot be read.</exception>
    public async IAsyncEnumerable<ReadDeadLetter> ReadAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var value in _records.ReadAsync(cancel))
        {
            if (Parse(value) is { } letter && !_seen.IsRepeated(letter.Letter.Source, letter.Letter.SourceTopicId ?? ""))
            {
                _seen.Advance(letter.Letter.Source, letter.Letter.SourceTopicId ?? "");
                yield return letter;
            }
        }
    }

    public ValueTask DisposeAsync() => _records.DisposeAsync();

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
