using StreamScoring.Diagnostics;

namespace StreamScoring.Regions;

/// <summary>Says and counts what was deleted from a log before it was read. From any thread.</summary>
/// <param name="meters">Null where nobody counts.</param>
public sealed class RecordLosses(PositionMeters? meters, Action<string> notice)
{
    /// <summary>Records that will never be folded here.</summary>
    /// <param name="begin">The log's first offset.</param>
    /// <param name="count">Records that nobody can fold here any more; none is no loss.</param>
    public void Unfolded(LogId log, long begin, long count)
    {
        if (count > 0)
        {
            meters?.Unfolded(log, count);
            notice($"{log} begins at offset {begin}: {count} records were deleted before they were folded");
        }
    }

    /// <summary>Records that will never be decided.</summary>
    /// <param name="begin">The log's first offset.</param>
    /// <param name="count">Records that are owed a decision that nobody can make any more; none is no loss.</param>
    public void Undecided(LogId log, long begin, long count)
    {
        if (count > 0)
        {
            meters?.Undecided(log, count);
            notice($"{log} begins at offset {begin}: {count} records were deleted before they were decided");
        }
    }
}
