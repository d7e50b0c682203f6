namespace StreamScoring.Features;

/// <summary>
/// Keeps the state below its ceiling: where memory is wanted and none is left, pages are emptied,
/// and the keys that were idle longest go. Which those are is told by a sample: of the keys held,
/// those whose newest payment is as old as the oldest sixteenth of it. How old it is goes by when
/// it was folded, and only among those of about one time by event time: what a payment says itself
/// keeps no key.
/// </summary>
internal sealed unsafe class EarlyEviction(StateMemory memory, EntityState[] entities)
{
    private const int SampleMax = 256, SlotsPerTurn = 64;

    /// <summary>
    /// A unit of <see cref="Now"/> is as many rows as a sixteenth of the largest table has slots. A
    /// hand goes around each table once in four times its slots in rows at most, which is 64 units;
    /// so it finds each key before 256 are over, and what is older than 128 stays at 128.
    /// </summary>
    private const int UnitShare = 16, AgeMax = 128, RowsOfUnitMin = 64;

    /// <summary>Milliseconds until the year 9999 take 48 bits.</summary>
    private const int TimeBits = 48;

    private long _rowsLeft = RowsOfUnitMin;

    private ulong _random = 0x9E37_79B9_7F4A_7C15;
    private long _threshold = long.MinValue;
    private long _slotsSinceSample = long.MaxValue;
    private uint _turn;

    /// <summary>Counts units of rows folded, modulo 256.</summary>
    public byte Now { get; private set; }

    /// <summary>So many rows were folded.</summary>
    public void Folded(int rowCount)
    {
        _rowsLeft -= rowCount;
        if (_rowsLeft > 0)
        {
            return;
        }

        var slotsMax = 0;
        foreach (var entity in entities)
        {
            slotsMax = Math.Max(slotsMax, entity.Keys.SlotCount);
        }

        (Now, _rowsLeft) = ((byte)(Now + 1), Math.Max(RowsOfUnitMin, slotsMax / UnitShare));
    }

    /// <summary>
    /// A hand comes by: a key that was not touched for long must not look new once the count has
    /// gone around.
    /// </summary>
    public void Age(KeySlot* slot)
    {
        if ((byte)(Now - slot->Touched) > AgeMax)
        {
            slot->Touched = (byte)(Now - AgeMax);
        }
    }

    /// <returns>The greater, the newer: by units, then by event time, which counts up to the
    /// watermark.</returns>
    public long RankOf(KeySlot* slot, long watermarkMs)
    {
        var newestMs = watermarkMs == long.MinValue ? slot->NewestMs : Math.Min(slot->NewestMs, watermarkMs);
        return ((long)-(byte)(Now - slot->Touched) << TimeBits) + Math.Clamp(newestMs, 0, (1L << TimeBits) - 1);
    }

    /// <summary>
    /// Makes room for a block, if need be and it can be done: an entity's block of that size is
    /// free then, or memory for it.
    /// </summary>
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
            // A table is held twice while it grows. Where that is a small part of all, the others
            // make room for it; otherwise it is full.
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
            if (_slotsSinceSample > SlotsOf(among) && !TakeSample(among, watermarkMs))
            {
                return false;
            }

            for (var i = 0; i < among.Length; i++)
            {
                var evicted = among[(int)(_turn++ % (uint)among.Length)].Eviction.Older(SlotsPerTurn, _threshold, watermarkMs);
                _slotsSinceSample += SlotsPerTurn;
                if (evicted > 0)
                {
                    return true;
                }
            }
        }
    }

    private bool TakeSample(ReadOnlySpan<EntityState> among, long watermarkMs)
    {
        Span<long> sample = stackalloc long[SampleMax];
        var slots = SlotsOf(among);
        var count = 0;
        // Tables are an eighth full at the least, or small; in sparse small ones every slot is
        // looked at instead.
        for (var draw = 0; draw < 32 * SampleMax && count < SampleMax; draw++)
        {
            var at = (long)(Next() % (ulong)slots);
            var entity = 0;
            while (at >= among[entity].Keys.SlotCount)
            {
                at -= among[entity++].Keys.SlotCount;
            }

            if (among[entity].Eviction.TryRankOf((int)at, watermarkMs, out sample[count]))
            {
                count++;
            }
        }

        if (count == 0 && !TryAnyRank(among, watermarkMs, out sample[count++]))
        {
            return false;
        }

        sample[..count].Sort();
        (_threshold, _slotsSinceSample) = (sample[count / 16], 0);
        return true;
    }

    private static bool TryAnyRank(ReadOnlySpan<EntityState> among, long watermarkMs, out long rank)
    {
        rank = long.MaxValue;
        var isAny = false;
        foreach (var entity in among)
        {
            for (var i = 0; i < entity.Keys.SlotCount; i++)
            {
                if (entity.Eviction.TryRankOf(i, watermarkMs, out var candidate))
                {
                    (isAny, rank) = (true, Math.Min(rank, candidate));
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
