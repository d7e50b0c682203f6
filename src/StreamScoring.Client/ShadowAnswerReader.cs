using System.Runtime.CompilerServices;
using System.Text.Json;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// Reads the answers of shadow models that came after their decisions, up to the end of the topic
/// as it was found. It stores no position. One enumeration at a time.
/// </summary>
public sealed class ShadowAnswerReader : IAsyncDisposable
{
    private readonly TopicRecords _records;

    private ShadowAnswerReader(TopicRecords records) => _records = records;

    /// <summary>Records that are no answer. They were skipped.</summary>
    public long Poison { get; private set; }

    /// <param name="fetchWaitMax">How long a broker holds an answer back for want of data.</param>
    /// <exception cref="ReadFailedException">The topic is missing, or the brokers do not
    /// answer.</exception>
    public static async Task<ShadowAnswerReader> OpenAsync(ScoringRegion region, ReadFrom from, TimeSpan fetchWaitMax)
    {
        ArgumentNullException.ThrowIfNull(region);
        return new ShadowAnswerReader(await TopicRecords.OpenAsync(region, region.Shadow, "scoring-shadow", from, follows: false, fetchWaitMax));
    }

    /// <summary>The answers, in order within each partition. One may stand there twice.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ReadFailedException">The topic cannot be read.</exception>
    public async IAsyncEnumerable<ShadowAnswer> ReadAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var value in _records.ReadAsync(cancel))
        {
            if (Parse(value) is { } answer)
            {
                yield return answer;
            }
        }
    }

    public ValueTask DisposeAsync() => _records.DisposeAsync();

    private ShadowAnswer? Parse(byte[]? value)
    {
        try
        {
            return ShadowAnswer.Read(value);
        }
        catch (JsonException)
        {
            Poison++;
            return null;
        }
    }
}
