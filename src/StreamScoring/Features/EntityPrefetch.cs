using System.Runtime.Intrinsics.X86;

namespace StreamScoring.Features;

/// <summary>
/// Brings an entity's memory into the cache before it is looked at, in three steps: slots, then
/// heads of blocks and newest rows, then the rows at the windows' edges. Each needs the one before
/// to be there already.
/// </summary>
internal sealed unsafe class EntityPrefetch(EntityLayout layout, EntityRows rows, KeyTable keys, TileStore tiles)
{
    private readonly long[] _offsets = [.. layout.Offsets];

    /// <param name="hash">The key's (<see cref="KeyTable.HashOf"/>).</param>
    public void Slot(ulong hash) => keys.Prefetch(hash);

    /// <summary>
    /// Brings the head of a key's block and its newest events into the cache. Its slot should be
    /// there already.
    /// </summary>
    /// <param name="hash">The key's (<see cref="KeyTable.HashOf"/>).</param>
    /// <returns>The slot, null where there is none.</returns>
    public KeySlot* Events(UInt128 key, ulong hash)
    {
        var slot = keys.Find(key, hash);
        if (slot != null && Sse.IsSupported)
        {
            Sse.Prefetch0(slot->Block);
            Sse.Prefetch0(rows.Row(slot, slot->End - 1));
            Sse.Prefetch0(rows.Row(slot, slot->End));
            if (slot->Tiles != null)
            {
                // Not of null: an address that is not mapped is looked up in vain each time.
                Sse.Prefetch0(slot->Tiles);
            }
        }

        return slot;
    }

    /// <summary>
    /// Brings into the cache what lies where the windows began and ended last time: mostly they
    /// still do, or close by. The head of the key's block should be there already. Each edge would
    /// be a cache miss otherwise, one after the other (load-tests: <c>fold</c>).
    /// </summary>
    /// <param name="slot">Where the key was found in this batch. Others may have been evicted
    /// since, so that the slot is free or another key's.</param>
    public void Edges(KeySlot* slot, long timeMs)
    {
        if (!Sse.IsSupported || slot->Block == null)
        {
            return;
        }

        var hints = rows.Hints(slot);
        var tiledUpToMs = slot->Tiles == null ? long.MinValue : TileStore.UpToMs(slot);
        for (var i = 0; i < _offsets.Length; i++)
        {
            if (timeMs - _offsets[i] >= tiledUpToMs)
            {
                // Any address may be fetched, so a hint that is out of date does no harm.
                var row = rows.Row(slot, hints[i]);
                Sse.Prefetch0(row - layout.Stride);
                Sse.Prefetch0(row);
            }
            else
            {
                tiles.Prefetch(slot, hints[i]);
            }
        }
    }
}
