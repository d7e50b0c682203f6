using StreamScoring.Logs;

namespace StreamScoring.State;

/// <summary>
/// Which payments of a log are still remembered, block by block of its clock. The payments of a
/// block are remembered until the clock is more than the window past where it stood at the end of
/// the block behind it. By then all records of that block were written later than these, so a
/// record stamped ahead is neither kept too long nor does it make others be forgotten.
/// </summary>
internal sealed class LogBlocks
{
    private readonly long _windowMs;
    private readonly long _keepMs;
    private readonly LogClock _clock;

    /// <summary>
    /// The clock at the end of each block, from <see cref="FirstHeld"/> on; more may stand before.
    /// </summary>
    private readonly List<long> _endsMs = [];

    private int _firstEnd;

    /// <param name="windowMs">For how long a payment is known in its own log.</param>
    /// <param name="keepMs">For how long it is held for other logs; not less.</param>
    public LogBlocks(long windowMs, long keepMs, int blockRecords)
    {
        Invariant.Require(keepMs >= windowMs);
        (_windowMs, _keepMs, _clock) = (windowMs, keepMs, new LogClock(blockRecords));
    }

    /// <summary>The log's clock.</summary>
    public long NowMs => _clock.Ms;

    /// <summary>
    /// The newest timestamp, as it stands in some record: for operators, and for nothing that is
    /// decided.
    /// </summary>
    public long NewestMs { get; private set; } = long.MinValue;

    /// <summary>The number of the block that the log's next record is of.</summary>
    public int Current { get; private set; }

    /// <summary>
    /// Payments of blocks before this one are forgotten, for records of the same log.
    /// </summary>
    public int FirstKnown { get; private set; }

    /// <summary>Payments of blocks before this one need not be held for any log.</summary>
    public int FirstHeld { get; private set; }

    /// <summary>Notes the log's next record.</summary>
    /// <param name="wholeUntilMs">As for <see cref="Forget"/>.</param>
    public void Note(long timestampMs, long wholeUntilMs)
    {
        NewestMs = Math.Max(NewestMs, timestampMs);
        if (_clock.Note(timestampMs))
        {
            _endsMs.Add(_clock.Ms);
            Current++;
            Forget(wholeUntilMs);
        }
    }

    /// <summary>Moves on to what is still remembered.</summary>
    /// <param name="wholeUntilMs">No log brings a record of before this time any more.</param>
    public void Forget(long wholeUntilMs)
    {
        while (FirstKnown + 1 < Current && LogClock.IsPast(_clock.Ms, EndMs(FirstKnown + 1), _windowMs))
        {
            FirstKnown++;
        }

        var pastMs = Math.Min(_clock.Ms, wholeUntilMs);
        while (FirstHeld + 1 < Current && LogClock.IsPast(pastMs, EndMs(FirstHeld + 1), _keepMs))
        {
            FirstHeld++;
        }

        // Seldom, so that what stays is not moved each time.
        if (FirstHeld - _firstEnd > _endsMs.Count / 2)
        {
            _endsMs.RemoveRange(0, FirstHeld - _firstEnd);
            _firstEnd = FirstHeld;
        }
    }

    public long[] ToLongs() => [.. _clock.ToLongs(), NewestMs, FirstKnown, FirstHeld, Current, .. _endsMs.Skip(FirstHeld - _firstEnd)];

    /// <summary>Becomes what another's blocks were, of the same window.</summary>
    /// <returns>False where the longs are no blocks.</returns>
    public bool TryRestore(ReadOnlySpan<long> longs)
    {
        var taken = _clock.Restore(longs);
        if (taken < 0 || longs.Length < taken + 4)
        {
            return false;
        }

        var (known, held, current) = (longs[taken + 1], longs[taken + 2], longs[taken + 3]);
        NewestMs = longs[taken];
        longs = longs[(taken + 4)..];
        if (held < 0 || known < held || current < known || current > int.MaxValue || longs.Length != current - held)
        {
            return false;
        }

        (FirstKnown, FirstHeld, Current, _firstEnd) = ((int)known, (int)held, (int)current, (int)held);
        _endsMs.Clear();
        _endsMs.AddRange(longs);
        return true;
    }

    private long EndMs(int block) => _endsMs[block - _firstEnd];
}
