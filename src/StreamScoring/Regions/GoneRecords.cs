namespace StreamScoring.Regions;

/// <summary>
/// Counts the records of a log that retention, or a deletion by hand, took before they were read. Each counts once, however
/// often the log's first offset is looked at.
/// </summary>
public sealed class GoneRecords
{
    private long _countedThrough;

    /// <summary>Notes where the log begins.</summary>
    /// <param name="begin">Its first offset.</param>
    /// <param name="next">The offset that was to be read next.</param>
    /// <returns>Records between the two that were not counted before.</returns>
    public long Note(long begin, long next)
    {
        var gone = Math.Max(0, begin - Math.Max(next, _countedThrough));
        _countedThrough = Math.Max(_countedThrough, begin);
        return gone;
    }
}
