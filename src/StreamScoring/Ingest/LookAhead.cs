namespace StreamScoring.Ingest;

/// <summary>
/// By which times a log's next records are merged with those of others. A record that is stamped
/// ahead of those behind it is merged by theirs: else it would hold all of them back until the
/// other logs have come to its time. A record that is stamped behind where the log has come to is
/// merged by its own time, and does not pull those before it forward.
/// </summary>
public sealed class LookAhead
{
    /// <summary>
    /// How far is looked. A run of records that are stamped ahead is seen through where a sixteenth
    /// of those at hand is not of it.
    /// </summary>
    public const int RecordsMax = 256;

    /// <summary>
    /// Of so many records of those at hand, one sixteenth may be stamped far behind.
    /// </summary>
    private const int SampleMax = 64, BehindShare = 16;

    private readonly long[] _timesMs;
    private int _head;
    private int _count;
    private long _reachedMs = long.MinValue;

    /// <param name="recordsMax">At most so many are at hand.</param>
    public LookAhead(int recordsMax = RecordsMax) => _timesMs = new long[recordsMax];

    /// <summary>Records whose times are known and that are not taken yet.</summary>
    public int Count => _count - _head;

    /// <summary>
    /// By which time the next record is merged, ms since the Unix epoch; there must be one.
    /// </summary>
    public long NextMs => _timesMs[_head];

    /// <summary>
    /// From now on these are the next records; those from before are among them or will not come.
    /// </summary>
    /// <param name="timestampsMs">As the records are stamped; <see cref="long.MaxValue"/> for what
    /// is no record.</param>
    public void Fill(ReadOnlySpan<long> timestampsMs)
    {
        (_head, _count) = (0, timestampsMs.Length);
        _reachedMs = ReachedMs(timestampsMs);
        var leastMs = long.MaxValue;
        for (var i = _count - 1; i >= 0; i--)
        {
            var timestampMs = timestampsMs[i];
            leastMs = timestampMs >= _reachedMs ? Math.Min(leastMs, timestampMs) : leastMs;
            _timesMs[i] = timestampMs >= _reachedMs ? leastMs : timestampMs;
        }
    }

    /// <summary>The next record is taken.</summary>
    public void Take() => _reachedMs = Math.Max(_reachedMs, _timesMs[_head++]);

    /// <summary>What is next is no record, and passed over.</summary>
    public void Skip() => _head++;

    public void Clear() => (_head, _count) = (0, 0);

    /// <summary>
    /// Where the log has come to: what was taken says so, and so do the records at hand, but for a
    /// few that are stamped far behind. Where most of these lie before what was taken, that was a
    /// record with nothing behind it that claimed too much.
    /// </summary>
    private long ReachedMs(ReadOnlySpan<long> timestampsMs)
    {
        if (timestampsMs.IsEmpty)
        {
            return _reachedMs;
        }

        Span<long> sample = stackalloc long[SampleMax];
        var (step, count) = ((timestampsMs.Length + SampleMax - 1) / SampleMax, 0);
        for (var i = 0; i < timestampsMs.Length; i += step)
        {
            sample[count++] = timestampsMs[i];
        }

        sample = sample[..count];
        sample.Sort();
        var lowMs = sample[count / BehindShare];
        return sample[count / 2] < _reachedMs ? lowMs : Math.Max(_reachedMs, lowMs);
    }
}
