namespace StreamScoring.Chaos.World;

/// <summary>
/// The clock by which records are stamped. It goes wrong for a number of records: for some of them,
/// by seconds to an hour, ahead or behind; or for a publisher in two, or for all, that are fast by
/// more than the idempotency window.
/// </summary>
public sealed class PublisherClock
{
    private const long Second = 1000, Minute = 60 * Second;

    /// <summary>Ahead by less than the hour that topics allow by default.</summary>
    private static readonly long[] Lies = [5 * Second, 45 * Second, 10 * Minute, 16 * Minute, 59 * Minute, -45 * Second, -16 * Minute, -180 * Minute];

    private volatile Stretch? _wrong;

    private sealed record Stretch(double Share, long[] Lies)
    {
        public int RecordsLeft { get; set; }
    }

    /// <summary>
    /// Whether it ever went wrong: from then on what is published again may be new to the pipeline.
    /// </summary>
    public bool WasWrong => _wrong is not null;

    /// <summary>Goes wrong from now on, for some hundred or some thousand records.</summary>
    /// <param name="random">Of the one who asks; the clock's reader has another.</param>
    public void GoWrong(Random random) => _wrong = random.Next(3) switch
    {
        0 => new Stretch(0.1, Lies) { RecordsLeft = random.Next(500, 3000) },
        1 => new Stretch(0.5, [16 * Minute]) { RecordsLeft = random.Next(1000, 6000) },
        // Long enough that whole blocks of a log's clock say so.
        _ => new Stretch(1, [16 * Minute]) { RecordsLeft = random.Next(6000, 10_000) },
    };

    /// <returns>By how much the next record is stamped ahead, ms; null for the right
    /// time.</returns>
    public long? NextMs(Random random)
    {
        if (_wrong is not { RecordsLeft: > 0 } wrong)
        {
            return null;
        }

        wrong.RecordsLeft--;
        return random.NextDouble() < wrong.Share ? wrong.Lies[random.Next(wrong.Lies.Length)] : null;
    }
}
