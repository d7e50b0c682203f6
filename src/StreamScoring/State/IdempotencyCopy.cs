namespace StreamScoring.State;

/// <summary>
/// Copies an idempotency index out while it goes on changing, some entries at a time. Entries are
/// added at one end and go at the other, so what was copied stays right but for those that went
/// meanwhile. These can be told by their number or by their time; of those whose place another
/// payment took the index tells.
/// </summary>
internal sealed class IdempotencyCopy
{
    private readonly IdempotencyIndex _index;
    private readonly List<(long First, IdempotencyIndex.Entry[] Entries)> _chunks = [];
    private readonly HashSet<long> _replaced = [];
    private long _next;

    public IdempotencyCopy(IdempotencyIndex index)
    {
        (_index, _next) = (index, index.Tail);
        index.CopyUnderWay = this;
    }

    /// <summary>
    /// An entry lost its place to another, which may be gone itself before the copy is made.
    /// </summary>
    public void Replaced(long sequence) => _replaced.Add(sequence);

    /// <summary>Copies some more. On the state's thread.</summary>
    /// <returns>True once all that the index holds now is copied.</returns>
    public bool Step(int entriesMax)
    {
        _next = Math.Max(_next, _index.Tail);
        var entries = GC.AllocateUninitializedArray<IdempotencyIndex.Entry>((int)Math.Min(entriesMax, _index.Head - _next));
        _index.CopyTo(_next, entries);
        _chunks.Add((_next, entries));
        _next += entries.Length;
        return _next == _index.Head;
    }

    /// <summary>
    /// What the index holds now, oldest first. Looked up now, on the state's thread; enumerated by
    /// any thread, later.
    /// </summary>
    public IEnumerable<IdempotencyIndex.Entry> End()
    {
        Invariant.Require(_next == _index.Head);
        _index.CopyUnderWay = null;
        return Held(_chunks, _replaced, _index.Tail, _index.HorizonNow());
    }

    private static IEnumerable<IdempotencyIndex.Entry> Held(
        List<(long First, IdempotencyIndex.Entry[] Entries)> chunks, HashSet<long> replaced, long tail, IdempotencyIndex.Horizon horizon)
    {
        foreach (var (first, entries) in chunks)
        {
            for (var i = (int)Math.Clamp(tail - first, 0, entries.Length); i < entries.Length; i++)
            {
                if (entries[i].Hash != UInt128.Zero && !horizon.IsBehind(entries[i]) && !replaced.Contains(first + i))
                {
                    yield return entries[i];
                }
            }
        }
    }
}
