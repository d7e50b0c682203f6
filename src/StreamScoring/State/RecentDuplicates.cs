using StreamScoring.Regions;

namespace StreamScoring.State;

/// <summary>
/// Records that were found to be duplicates lately: what a record was found to be when it was folded counts too when it is decided later, by
/// a process that took its partition over. They are few; the newest are kept.
/// </summary>
/// <param name="logs">What log indices mean.</param>
internal sealed class RecentDuplicates(LogTable logs)
{
    public const int CountMax = 1 << 16;

    private readonly Queue<(int LogIndex, long Offset)> _oldest = new();
    private readonly Dictionary<(int LogIndex, long Offset), (int FirstLog, long FirstOffset)> _firsts = [];
    /// <summary>By a first record of another region, which is decided there: the first of the own region.</summary>
    private readonly Dictionary<(int FirstLog, long FirstOffset), (int LogIndex, long Offset)> _ownFirsts = [];

    public void Add(int logIndex, long offset, int firstLog, long firstOffset)
    {
        if (_oldest.Count == CountMax)
        {
            RemoveOldest();
        }

        _oldest.Enqueue((logIndex, offset));
        _firsts[(logIndex, offset)] = (firstLog, firstOffset);
        if (logs.FollowedRegionOf(firstLog) is not null && logs.FollowedRegionOf(logIndex) is null)
        {
            _ownFirsts.TryAdd((firstLog, firstOffset), (logIndex, offset));
        }
    }

    public bool TryFind(int logIndex, long offset, out int firstLog, out long firstOffset)
    {
        var isFound = _firsts.TryGetValue((logIndex, offset), out var first);
        (firstLog, firstOffset) = first;
        return isFound;
    }

    /// <summary>The record whose decision a duplicate repeats: the first, or the first of the own region where that is another's.</summary>
    /// <param name="firstLog">The first record, of which a record of the own region was found to be a duplicate.</param>
    public (int LogIndex, long Offset) DecidedFirst(int firstLog, long firstOffset) =>
        _ownFirsts.TryGetValue((firstLog, firstOffset), out var own) ? own : (firstLog, firstOffset);

    /// <summary>All of them, oldest first.</summary>
    public (int LogIndex, long Offset, int FirstLog, long FirstOffset)[] ToArray() =>
        [.. _oldest.Select(record => (record.LogIndex, record.Offset, _firsts[record].FirstLog, _firsts[record].FirstOffset))];

    private void RemoveOldest()
    {
        var oldest = _oldest.Dequeue();
        _firsts.Remove(oldest, out var first);
        if (_ownFirsts.TryGetValue(first, out var own) && own == oldest)
        {
            _ownFirsts.Remove(first);
        }
    }
}
