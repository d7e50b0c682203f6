namespace StreamScoring.Features;

/// <summary>
/// Lets keys of an entity go. A hand goes around the table and looks at a few slots at a time, on
/// the state's thread, so nothing ever waits for it.
/// </summary>
internal sealed unsafe class KeyEviction(EntityState state, int entity, EvictedKeys evicted)
{
    private const int SlotsPerBatchMin = 64, SlotsPerKey = 4, RowsPerSlot = 4;

    private int _hand;
    private int _keysAdded;
    private UInt128 _protected;

    /// <summary>Keys that went because no window could see any of their events.</summary>
    public long IdleCount { get; private set; }

    /// <summary>
    /// Keys that went although a window could still see them, because there was no memory.
    /// </summary>
    public long EarlyCount { get; private set; }

    /// <summary>Notes a key that came.</summary>
    public void Added() => _keysAdded++;

    /// <summary>The key that is being worked on must not go; zero for none.</summary>
    public void Protect(UInt128 key) => _protected = key;

    /// <summary>
    /// Between two batches: looks at some more keys, the more the more came (<see cref="Look"/>).
    /// </summary>
    public void Idle(int rowCount, long watermarkMs)
    {
        // Four slots for each key that came: while the hand goes once around s slots, at most s/4
        // keys come. So with l keys that a window sees, at most l + s/4 are held, and a table of s
        // >= 4 l slots stays half empty: it grows no further.
        Look(Math.Max(SlotsPerBatchMin, rowCount / RowsPerSlot) + (SlotsPerKey * _keysAdded), watermarkMs);
        _keysAdded = 0;
    }

    /// <summary>
    /// Looks at some more keys, and lets those go that no payment can bring back to sight
    /// (<see cref="EntityLayout.IsIdle"/>).
    /// </summary>
    /// <param name="slotCount">How many slots to look at, free ones included.</param>
    public void Look(int slotCount, long watermarkMs)
    {
        var isForgettable = state.Layout.IsForgettable;
        var horizonMs = state.Layout.HorizonMs(watermarkMs);
        for (; slotCount > 0; slotCount--)
        {
            if (_hand >= state.Keys.SlotCount)
            {
                _hand = 0;
                if (isForgettable)
                {
                    state.Keys.Shrink();
                }
            }

            var slot = state.Keys.At(_hand);
            if (slot->Block == null)
            {
                _hand++;
            }
            else if (isForgettable && slot->NewestMs <= horizonMs)
            {
                // Another key may have moved here, so the hand stays.
                Remove(slot);
                IdleCount++;
            }
            else
            {
                state.Early!.Age(slot);
                _hand++;
            }
        }
    }

    /// <summary>
    /// Looks at some more keys, and lets those go that are as old as that
    /// (<see cref="EarlyEviction"/>).
    /// </summary>
    /// <returns>How many went.</returns>
    public int Older(int slotCount, long rankMax, long watermarkMs)
    {
        var count = 0;
        for (; slotCount > 0; slotCount--)
        {
            _hand = _hand < state.Keys.SlotCount ? _hand : 0;
            if (!TryRankOf(_hand, watermarkMs, out var rank) || rank > rankMax)
            {
                _hand++;
                continue;
            }

            var slot = state.Keys.At(_hand);
            if (state.Layout.IsIdle(slot->NewestMs, watermarkMs))
            {
                IdleCount++;
            }
            else
            {
                evicted.Add(entity, slot->Key, LostUpToMs(slot, watermarkMs), watermarkMs);
                EarlyCount++;
            }

            Remove(slot);
            count++;
        }

        return count;
    }

    /// <returns>False where the slot is free or its key must stay.</returns>
    public bool TryRankOf(int slotIndex, long watermarkMs, out long rank)
    {
        var slot = state.Keys.At(slotIndex);
        (rank, var mayGo) = (0, slot->Block != null && slot->Key != _protected);
        if (mayGo)
        {
            rank = state.Early!.RankOf(slot, watermarkMs);
        }

        return mayGo;
    }

    /// <summary>The watermark lags behind what is folded, by less than this.</summary>
    private const long LagMs = 86_400_000;

    /// <summary>
    /// What lies further ahead does not count: one key dated a year ahead would flag every key that
    /// comes back for a year.
    /// </summary>
    private long LostUpToMs(KeySlot* slot, long watermarkMs) =>
        watermarkMs == long.MinValue ? slot->NewestMs : Math.Min(slot->NewestMs, watermarkMs + state.Layout.LatenessMs + LagMs);

    private void Remove(KeySlot* slot)
    {
        state.Sweep.BeforeRemoval(slot);
        state.Release(slot);
        state.Keys.Remove(slot);
    }
}
