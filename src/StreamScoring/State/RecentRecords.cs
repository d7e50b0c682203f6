namespace StreamScoring.State;

/// <summary>
/// What was found of records lately: of each another record that it has to do with. What a record
/// was found to be when it was folded counts too when it is decided later, by a process that took
/// its partition over. They are few; the newest are kept.
/// </summary>
internal sealed class RecentRecords
{
    public const int CountMax = 1 << 16;

    private readonly Queue<(int LogIndex, long Offset)> _oldest = new();
    private readonly Dictionary<(int LogIndex, long Offset), (int LogIndex, long Offset)> _others = [];

    /// <returns>True where the oldest went to make room.</returns>
    public bool Add((int LogIndex, long Offset) record, (int LogIndex, long Offset) other, out ((int LogIndex, long Offset) Record, (int LogIndex, long Offset) Other) oldest)
    {
        oldest = default;
        var isFull = _oldest.Count == CountMax;
        if (isFull)
        {
            oldest.Record = _oldest.Dequeue();
            _others.Remove(oldest.Record, out oldest.Other);
        }

        _oldest.Enqueue(record);
        _others[record] = other;
        return isFull;
    }

    public bool TryFind((int LogIndex, long Offset) record, out (int LogIndex, long Offset) other) => _others.TryGetValue(record, out other);

    /// <summary>All of them, oldest first.</summary>
    public ((int LogIndex, long Offset) Record, (int LogIndex, long Offset) Other)[] ToArray() => [.. _oldest.Select(record => (record, _others[record]))];
}
