namespace StreamScoring.Logs;

/// <summary>
/// What time it is by a log's records, whatever a few of them claim. Records count in blocks. At
/// the end of a block the clock moves to the time that all of its records but a sixty-fourth have
/// reached or passed, and it never goes back. So it is a function of the log's prefix, and records
/// stamped ahead move it only where fifteen sixteenths or more of a block are stamped so
/// (docs/decisions/0002-time-by-the-logs.md has the arithmetic).
/// </summary>
/// <param name="blockRecords">Records of a block. In a pipeline it is always
/// <see cref="BlockRecordsDefault"/>.</param>
internal sealed class LogClock(int blockRecords = LogClock.BlockRecordsDefault)
{
    /// <summary>
    /// The clock lags by two blocks at most. A lag only delays forgetting, so a block may be long;
    /// and the longer it is, the longer is the run of wrong timestamps that the clock does not
    /// notice.
    /// </summary>
    public const int BlockRecordsDefault = 1024;

    /// <summary>
    /// One record in so many may be stamped far behind and does not hold the clock back.
    /// </summary>
    private const int BehindShare = 64;

    /// <summary>
    /// Lowest times of the block, ascending: the last one is where the clock will be.
    /// </summary>
    private readonly long[] _lowest = new long[Math.Max(1, blockRecords / BehindShare)];

    private int _count;

    /// <summary>
    /// ms since the Unix epoch; <see cref="long.MinValue"/> before the first block is over.
    /// </summary>
    public long Ms { get; private set; } = long.MinValue;

    /// <summary>Notes the log's next record.</summary>
    /// <returns>True where a block ended with it.</returns>
    public bool Note(long timeMs)
    {
        var held = Math.Min(_count, _lowest.Length);
        if (held < _lowest.Length || timeMs < _lowest[held - 1])
        {
            var at = Math.Min(held, _lowest.Length - 1);
            for (; at > 0 && _lowest[at - 1] > timeMs; at--)
            {
                _lowest[at] = _lowest[at - 1];
            }

            _lowest[at] = timeMs;
        }

        if (++_count < blockRecords)
        {
            return false;
        }

        (Ms, _count) = (Math.Max(Ms, _lowest[^1]), 0);
        return true;
    }

    /// <summary>
    /// All that the clock is: its time, the records of the block that is not over, and the lowest
    /// of their times.
    /// </summary>
    public long[] ToLongs() => [Ms, _count, .. _lowest.AsSpan(0, Math.Min(_count, _lowest.Length))];

    /// <summary>Becomes what another clock of the same blocks was.</summary>
    /// <returns>How many of the longs were of it; -1 where they are none of such a clock.</returns>
    public int Restore(ReadOnlySpan<long> longs)
    {
        if (longs.Length < 2 || longs[1] < 0 || longs[1] >= blockRecords || longs.Length < 2 + Math.Min(longs[1], _lowest.Length))
        {
            return -1;
        }

        (Ms, _count) = (longs[0], (int)longs[1]);
        var held = Math.Min(_count, _lowest.Length);
        longs.Slice(2, held).CopyTo(_lowest);
        return 2 + held;
    }

    /// <summary>
    /// Whether one time lies further behind another than that. Times may be any number, so their
    /// difference may not fit.
    /// </summary>
    public static bool IsPast(long timeMs, long earlierMs, long byMs) => timeMs > earlierMs && (ulong)(timeMs - earlierMs) > (ulong)byMs;
}
