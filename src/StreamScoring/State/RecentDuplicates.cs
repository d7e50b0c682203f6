namespace StreamScoring.State;

/// <summary>
/// Records that were found to be duplicates lately: what a record was found to be when it was folded counts too when it is decided later, by
/// a process that took its partition over. They are few; the newest are kept.
/// </summary>
internal sealed class RecentDuplicates
{
    private const int CountMax = 1 << 16;

    private readonly Queue<(int LogIndex, long Offset)> _oldest = new();
    private readonly Dictionary<(int LogIndex, long Offset), (int FirstLog, long FirstOffset)> _firsts = [];

    public void Add(int logIndex, long offset, int firstLog, long firstOffset)
    {
        if (_oldest.Count == CountMax)
        {
            _firsts.Remove(_oldest.Dequeue());
        }

        _oldest.Enqueue((logIndex, offset));
        _firsts[(logIndex, offset)] = (firstLog, firstOffset);
    }

    public bool TryFind(int logIndex, long offset, out int firstLog, out long firstOffset)
    {
        var isFound = _firsts.TryGetValue((logIndex, offset), out var first);
        (firstLog, firstOffset) = first;
        return isFound;
    }

    /// <summary>All of them, oldest first.</summary>
    public (int LogIndex, long Offset, int FirstLog, long FirstOffset)[] ToArray() =>
        [.. _oldest.Select(record => (record.LogIndex, record.Offset, _firsts[record].FirstLog, _firsts[record].FirstOffset))];
}
