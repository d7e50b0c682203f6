using StreamScoring.Logs;

namespace StreamScoring.State;

/// <summary>
/// Records that were found to be duplicates lately, each with the payment's first record.
/// </summary>
/// <param name="logs">What log indices mean.</param>
internal sealed class RecentDuplicates(LogTable logs)
{
    private readonly RecentRecords _firsts = new();

    /// <summary>
    /// By a first record of another region, which is decided there: the first of the own region.
    /// </summary>
    private readonly Dictionary<(int FirstLog, long FirstOffset), (int LogIndex, long Offset)> _ownFirsts = [];

    public void Add(int logIndex, long offset, int firstLog, long firstOffset)
    {
        if (_firsts.Add((logIndex, offset), (firstLog, firstOffset), out var oldest) && _ownFirsts.TryGetValue(oldest.Other, out var own) && own == oldest.Record)
        {
            _ownFirsts.Remove(oldest.Other);
        }

        if (logs.FollowedRegionOf(firstLog) is not null && logs.FollowedRegionOf(logIndex) is null)
        {
            _ownFirsts.TryAdd((firstLog, firstOffset), (logIndex, offset));
        }
    }

    public bool TryFind(int logIndex, long offset, out int firstLog, out long firstOffset)
    {
        var isFound = _firsts.TryFind((logIndex, offset), out var first);
        (firstLog, firstOffset) = first;
        return isFound;
    }

    /// <summary>
    /// The record whose decision a duplicate repeats: the first, or the first of the own region
    /// where that is another's.
    /// </summary>
    /// <param name="firstLog">The first record, of which a record of the own region was found to be
    /// a duplicate.</param>
    public (int LogIndex, long Offset) DecidedFirst(int firstLog, long firstOffset) =>
        _ownFirsts.TryGetValue((firstLog, firstOffset), out var own) ? own : (firstLog, firstOffset);

    /// <summary>All of them, oldest first.</summary>
    public ((int LogIndex, long Offset) Record, (int LogIndex, long Offset) First)[] ToArray() => _firsts.ToArray();
}
