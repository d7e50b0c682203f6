namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// What time it is by a log's records, and for how long a payment is known by it:
/// docs/decisions/0002, written down once more. Records count in blocks of 1,024. At the end of a
/// block the time is what all of its records but the 15 lowest have reached, and never goes back. A
/// payment is known until that is more than the window past where it stood when the block behind
/// the payment's was over.
/// </summary>
public sealed class LogTime
{
    private const int Block = 1024, LowestLeftOut = 15;

    private readonly List<long> _endsMs = [];
    private readonly long _windowMs;
    private readonly bool _mayForget;

    /// <param name="timestampsMs">Of all records of the log, in order.</param>
    /// <param name="windowMs">For how long a payment is known.</param>
    public LogTime(IReadOnlyList<long> timestampsMs, long windowMs)
    {
        _windowMs = windowMs;
        foreach (var block in timestampsMs.Chunk(Block).Where(block => block.Length == Block))
        {
            _endsMs.Add(Math.Max(_endsMs.LastOrDefault(long.MinValue), block.Order().ElementAt(LowestLeftOut)));
        }

        var sorted = timestampsMs.Order().ToList();
        // Two blocks behind the payment's own. Of any such choice of records the time lies between
        // these two.
        _mayForget = sorted.Count >= 3 * Block && sorted[^(Block - LowestLeftOut)] - sorted[LowestLeftOut] > windowMs;
    }

    /// <summary>
    /// Whether somebody who did not see some of the records may have forgotten a payment within the
    /// log: its blocks begin and end elsewhere.
    /// </summary>
    public bool MayForget => _mayForget;

    /// <summary>
    /// Whether a payment is still known where a later record is looked for; both by their number in
    /// the log.
    /// </summary>
    public bool IsKnown(int payment, int later)
    {
        var (first, blocksOver) = (payment / Block, later / Block);
        return first + 2 > blocksOver || _endsMs[blocksOver - 1] - _endsMs[first + 1] <= _windowMs;
    }
}
