namespace StreamScoring.Features;

/// <summary>
/// Keeps the state below its ceiling: where memory is wanted and none is left, pages are emptied, and the keys that were idle longest go.
/// Which those are is told by a sample: of the keys held, those whose newest payment is as old as the oldest sixteenth of it.
/// </summary>
internal sealed unsafe class EarlyEviction(StateMemory memory, EntityState[] entities)
{
    private const int SampleMax = 256, SlotsPerTurn = 64;

    private ulong _random = 0x9E37_79B9_7F4A_7C15;
    private long _thresholdMs = long.MinValue;
    private long _slotsSinceSample = long.MaxValue;
    private uint _turn;

    /// <summary>Makes room for a block, if need be and it can be done: an entity's block of that size is free then, or memory for it.</summary>
    public void MakeRoom(BlockSlab slab, int rowsLog2, long watermarkMs)
    {
        while (slab.BytesMissing(rowsLog2) is > 0 and var bytes && !memory.Fits(bytes))
        {
            if (!TryGiveBackPage() && !EvictSome(entities, watermarkMs))
            {
                return;
            }
        }
    }

    /// <summary>Makes room for so many bytes, if need be and it can be done.</summary>
    public void MakeRoom(long bytes, long watermarkMs)
    {
        while (!memory.Fits(bytes) && (TryGiveBackPage() || EvictSome(entities, watermarkMs)))
        {
        }
    }

    /// <summary>Makes room for more keys of an entity, if need be.</summary>
    public void MakeRoom(EntityState entity, int keyCount, long watermarkMs)
    {
        while (!entity.Keys.TryReserve(keyCount))
        {
            // A table is held twice while it grows. Where that is a small part of all, the others make room for it; otherwise it is full.
            var done = entity.Keys.GrowthBytes <= memory.BytesMax / 16
                ? TryGiveBackPage() || EvictSome(entities, watermarkMs)
                : EvictSome(new ReadOnlySpan<EntityState>(in entity), watermarkMs);
            if (!done)
            {
                entity.Keys.Grow();
            }
        }
    }

    private bool TryGiveBackPage()
    {
        foreach (var entity in entities)
        {
            if (entity.TryGiveBackPage())
            {
                return true;
            }
        }

        return false;
    }

    /// <returns>False where no key is left that may go.</returns>
    private bool EvictSome(ReadOnlySpan<EntityState> among, long watermarkMs)
    {
        while (true)
        {
            if (_slotsSinceSample > SlotsOf(among) && !TakeSample(among))
            {
                return false;
            }

            for (var i = 0; i < among.Length; i++)
            {
                var evicted = among[(int)(_turn++ % (uint)among.Length)].Eviction.Older(SlotsPerTurn, _thresholdMs, watermarkMs);
                _slotsSinceSample += SlotsPerTurn;
                if (evicted > 0)
                {
                    return true;
                }
            }
        }
    }

    private bool TakeSample(ReadOnlySpan<EntityState> among)
    {
        Span<long> sample = stackalloc long[SampleMax];
        var slots = SlotsOf(among);
        var count = 0;
        // Tables are an eighth full at the least, or small; in sparse small ones every slot is looked at instead.
        for (var draw = 0; draw < 32 * SampleMax && count < SampleMax; draw++)
        {
            var at = (long)(Next() % (ulong)slots);
            var entity = 0;
            while (at >= among[entity].Keys.SlotCount)
            {
                at -= among[entity++].Keys.SlotCount;
            }

            if (among[entity].Eviction.TryNewestOf((int)at, out sample[count]))
            {
                count++;
            }
        }

        if (count == 0 && !TryAnyNewest(among, out sample[count++]))
        {
            return false;
        }

        sample[..count].Sort();
        (_thresholdMs, _slotsSinceSample) = (sample[count / 16], 0);
        return true;
    }

    private static bool TryAnyNewest(ReadOnlySpan<EntityState> among, out long newestMs)
    {
        newestMs = long.MaxValue;
        var isAny = false;
        foreach (var entity in among)
        {
            for (var i = 0; i < entity.Keys.SlotCount; i++)
            {
                if (entity.Eviction.TryNewestOf(i, out var candidate))
                {
                    (isAny, newestMs) = (true, Math.Min(newestMs, candidate));
                }
            }
        }

        return isAny;
    }

    private static long SlotsOf(ReadOnlySpan<EntityState> among)
    {
        var slots = 0L;
        foreach (var entity in among)
        {
            slots += entity.Keys.SlotCount;
        }

        return slots;
    }

    /// <remarks>Marsaglia, Xorshift RNGs, 2003.</remarks>
    private ulong Next()
    {
        _random ^= _random << 13;
        _random ^= _random >> 7;
        return _random ^= _random << 17;
    }
}
