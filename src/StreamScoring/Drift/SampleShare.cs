namespace StreamScoring.Drift;

/// <summary>
/// Which rows of a model are sampled: those whose position hashes into a share of one in 2^n, where
/// n follows the load so that a second gives at most some rows. A sampled row stands for 2^n rows.
/// So a busy hour counts for more than a quiet one, as its payments are more.
/// </summary>
/// <remarks>
/// Whether a row is taken depends on its position and on how many were taken before it, and never
/// on what it holds: the weighted counts have no bias (Horvitz and Thompson, JASA 47, 1952).
/// </remarks>
/// <param name="rowsPerSecond">At most, once the share has followed the load. In the second in
/// which a load begins it may be so many for each halving of the share.</param>
/// <param name="frequency">Ticks of a second.</param>
internal sealed class SampleShare(int rowsPerSecond, long frequency)
{
    /// <summary>
    /// For 4 million rows a second. A window has at most 2^28 rows, 64 a second for 31 days: then
    /// the squares of their weights add up to less than 2^63.
    /// </summary>
    private const int LevelMax = 16;

    private int _level;
    private long _since;
    private long _rows;
    private int _taken;

    /// <summary>Rows that a sampled row stands for.</summary>
    public int Weight => 1 << _level;

    /// <summary>Once for each batch: the share follows the last second's load.</summary>
    /// <param name="timestamp">Now, in ticks.</param>
    public void Look(long timestamp)
    {
        var elapsed = timestamp - _since;
        if (elapsed < frequency)
        {
            return;
        }

        var perSecond = _rows * ((double)frequency / elapsed);
        for (_level = 0; _level < LevelMax && perSecond > rowsPerSecond; _level++)
        {
            perSecond /= 2;
        }

        (_since, _rows, _taken) = (timestamp, 0, 0);
    }

    /// <summary>Whether a row is sampled. Each row is asked for once.</summary>
    public bool Takes(int logIndex, long offset)
    {
        _rows++;
        return (Hash(logIndex, offset) & (ulong)(Weight - 1)) == 0;
    }

    /// <summary>A row was sampled: by its weight, which may change by this.</summary>
    public void Took()
    {
        // Within a second in which the load is greater than in the one before.
        if (++_taken >= rowsPerSecond)
        {
            (_level, _taken) = (Math.Min(_level + 1, LevelMax), 0);
        }
    }

    /// <remarks>The finalizer of MurmurHash3 (Appleby): each bit depends on every bit of the
    /// position.</remarks>
    private static ulong Hash(int logIndex, long offset)
    {
        var hash = unchecked((ulong)offset + ((ulong)(uint)logIndex << 48));
        hash = unchecked((hash ^ (hash >> 33)) * 0xff51afd7ed558ccd);
        hash = unchecked((hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53);
        return hash ^ (hash >> 33);
    }
}
