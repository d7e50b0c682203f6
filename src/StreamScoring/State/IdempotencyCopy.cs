namespace StreamScoring.State;

/// <summary>
/// Copies an idempotency index out while it goes on changing, some entries at a time. Entries are added at one end and go at the other, so
/// what was copied stays right but for those that went meanwhile, and these can be told by their number or by their time.
/// </summary>
internal sealed class IdempotencyCopy(IdempotencyIndex index)
{
    private readonly List<(long First, IdempotencyIndex.Entry[] Entries)> _chunks = [];
    private long _next = index.Tail;

    /// <summary>Copies some more. On the state's thread.</summary>
    /// <returns>True once all that the index holds now is copied.</returns>
    public bool Step(int entriesMax)
    {
        _next = Math.Max(_next, index.Tail);
        var entries = GC.AllocateUninitializedArray<IdempotencyIndex.Entry>((int)Math.Min(entriesMax, index.Head - _next));
        index.CopyTo(_next, entries);
        _chunks.Add((_next, entries));
        _next += entries.Length;
        return _next == index.Head;
    }

    /// <summary>What the index holds now, oldest first. Looked up now, on the state's thread; enumerated by any thread, later.</summary>
    /// <remarks>
    /// An entry whose place a later one of another log took while the copy was made may still stand before that one. Added in this order, the later
    /// takes its place again.
    /// </remarks>
    public IEnumerable<IdempotencyIndex.Entry> End()
    {
        Invariant.Require(_next == index.Head);
        return Held(_chunks, index.Tail, index.HorizonNow());
    }

    private static IEnumerable<IdempotencyIndex.Entry> Held(
        List<(long First, IdempotencyIndex.Entry[] Entries)> chunks, long tail, IdempotencyIndex.Horizon horizon)
    {
        foreach (var (first, entries) in chunks)
        {
            for (var i = (int)Math.Clamp(tail - first, 0, entries.Length); i < entries.Length; i++)
            {
                if (entries[i].Hash != UInt128.Zero && !horizon.IsBehind(entries[i]))
                {
                    yield return entries[i];
                }
            }
        }
    }
}
