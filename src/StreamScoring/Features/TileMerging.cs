namespace StreamScoring.Features;

/// <summary>
/// Puts tiles together that no window falls between any more, but for those of late payments.
/// </summary>
internal sealed unsafe class TileMerging(EntityLayout layout, TileLayout tiles, TileStore store)
{
    private readonly TileMeasure[] _measures = [.. tiles.Measures];
    private readonly DistinctColumns[] _distincts = [.. layout.Distincts];

    /// <summary>
    /// The group of the base: nothing in it is seen by a window that begins or ends there.
    /// </summary>
    public const long Base = long.MinValue;

    /// <returns>Equal for events that belong into one tile.</returns>
    public long GroupOf(long timeMs, long watermarkMs)
    {
        var (narrow, wide) = (EntityLayout.IndexOf(timeMs, layout.TileWidthMs), EntityLayout.IndexOf(timeMs, layout.TileWidthBehindMs));
        if (watermarkMs == long.MinValue)
        {
            return (narrow * 2) + 1;
        }

        // By whole tiles, and only ever from narrow ones to wide ones to the base: what is then one
        // group was in it whatever came when.
        var reachedMs = watermarkMs - layout.ReachMs;
        return wide < EntityLayout.IndexOf(reachedMs - layout.LatenessMs, layout.TileWidthBehindMs) ? Base
            : narrow < EntityLayout.IndexOf(reachedMs, layout.TileWidthMs) ? wide * 2
            : (narrow * 2) + 1;
    }

    public void Coarsen(KeySlot* slot, long watermarkMs)
    {
        var kept = 0;
        for (var tile = 1; tile < TileStore.CountOf(slot); tile++)
        {
            var into = store.Tile(slot, kept);
            var from = store.Tile(slot, tile);
            var group = GroupOf(from[EntityLayout.TimeColumn], watermarkMs);
            if (group == (kept == 0 ? Base : GroupOf(into[EntityLayout.TimeColumn], watermarkMs)))
            {
                Merge(into, from);
            }
            else
            {
                kept++;
                Move(slot, tile, kept);
            }
        }

        slot->Tiles[TileStore.Count] = kept + 1;
        while (slot->Tiles[TileStore.Count] > TileLayout.TilesMax)
        {
            MergePairs(slot, (int)slot->Tiles[TileStore.Count] / 2);
        }

        store.Groups.Forget(slot, 0);
    }

    /// <summary>Puts the oldest tiles together two by two.</summary>
    private void MergePairs(KeySlot* slot, int upTo)
    {
        var kept = 0;
        for (var tile = 1; tile < TileStore.CountOf(slot); tile++)
        {
            if (tile < upTo && tile % 2 == 0)
            {
                Merge(store.Tile(slot, kept), store.Tile(slot, tile));
            }
            else
            {
                kept++;
                Move(slot, tile, kept);
            }
        }

        slot->Tiles[TileStore.Count] = kept + 1;
    }

    private void Move(KeySlot* slot, int from, int to) =>
        new ReadOnlySpan<long>(store.Tile(slot, from), tiles.Stride).CopyTo(new Span<long>(store.Tile(slot, to), tiles.Stride));

    private void Merge(long* into, long* from)
    {
        var (firstMs, doubtful) = (into[tiles.FirstMsColumn], into[tiles.DoubtfulColumn]);
        store.AddHash(into, EventHash.Wide(new ReadOnlySpan<long>(from, tiles.Stride), tiles.HashColumn));
        new ReadOnlySpan<long>(from, layout.Stride).CopyTo(new Span<long>(into, layout.Stride));
        store.Totals.Copy(from, into);
        into[tiles.FirstMsColumn] = firstMs;
        into[tiles.SequenceColumn] = from[tiles.SequenceColumn];
        into[tiles.DoubtfulColumn] = doubtful + from[tiles.DoubtfulColumn];
        foreach (ref readonly var measure in _measures.AsSpan())
        {
            TileMeasure.Merge(into + measure.Column, from + measure.Column);
        }

        if (layout.HasLabels)
        {
            TileMembers.Merge(store.Members(into), store.Members(from));
        }

        for (var i = 0; i < _distincts.Length; i++)
        {
            HyperLogLog.Merge(store.Registers(into, i), store.Registers(from, i));
        }
    }
}
