namespace StreamScoring.Features;

/// <summary>
/// Labels of payments that lie in tiles. The newest of them are remembered by payment, so that a
/// second one replaces the first, and one that came before its payment waits for it.
/// </summary>
internal sealed unsafe class TileLabels(EntityLayout layout, TileLayout tiles, TileStore store, EntityRows rows)
{
    public const int EntryLongs = 2;

    private readonly TileMeasure[] _measures = [.. tiles.Measures];
    private readonly Series[] _series = [.. layout.Series];

    /// <summary>
    /// Adds what became known about a payment that lies in a tile, or belongs there and did not
    /// come yet.
    /// </summary>
    /// <remarks>There must be room for one more tile.</remarks>
    public void Add(KeySlot* slot, long timeMs, ulong paymentHash, long label, long watermarkMs)
    {
        var id = IdOf(paymentHash, timeMs);
        var known = Find(slot, id);
        var knownLabel = known == null ? 0 : LabelEntry.LabelOf(*known);
        // The later known one holds, and of two known at once the one that says fraud: so order of
        // arrival does not matter.
        if (label <= knownLabel)
        {
            return;
        }

        var isThere = MayBeThere(slot, timeMs, id);
        var tile = store.FindOrInsert(slot, timeMs, watermarkMs);
        store.AddHash(store.Tile(slot, tile), EventHash.OfLabel(timeMs, paymentHash, label) - EventHash.OfLabel(timeMs, paymentHash, knownLabel));
        if (known == null)
        {
            // Of a payment whose label was forgotten, this may be the second.
            var isDoubtful = slot->Tiles[TileStore.LabelsSeen] > tiles.LabelsMax;
            Remember(slot, id, LabelEntry.Of(label, isThere));
            if (isThere)
            {
                AddFrauds(slot, tile, label & 1, isDoubtful);
            }
        }
        else
        {
            var by = (label & 1) - (knownLabel & 1);
            var isCounted = LabelEntry.IsCounted(*known);
            *known = LabelEntry.Of(label, isCounted);
            if (isCounted)
            {
                AddFrauds(slot, tile, by, isDoubtful: false);
            }
        }
    }

    /// <summary>
    /// By which a label finds its payment: the event time is part of it, as it is among rows.
    /// </summary>
    public static long IdOf(ulong paymentHash, long timeMs) => unchecked((long)(paymentHash ^ ((ulong)timeMs * 0x9e3779b97f4a7c15)));

    /// <summary>Whether the payment lies in a tile; it may be said of one that does not.</summary>
    private bool MayBeThere(KeySlot* slot, long timeMs, long id)
    {
        var tile = store.Tile(slot, store.Find(slot, timeMs));
        return timeMs <= tile[EntityLayout.TimeColumn] && TileMembers.MayHold(store.Members(tile), id);
    }

    /// <summary>
    /// Counts frauds in a tile. Which filters the payment passed is known only where all of the
    /// tile's did, or none.
    /// </summary>
    private void AddFrauds(KeySlot* slot, int tile, long by, bool isDoubtful)
    {
        var into = store.Tile(slot, tile);
        store.Groups.ForgetOne(slot, tile);
        foreach (ref readonly var series in _series.AsSpan())
        {
            if (series.Kind != SeriesKind.Frauds)
            {
                continue;
            }

            var passed = MeasureOf(into, series.Filter);
            if (passed == 0 || passed < into[_measures[tiles.Payments].Column])
            {
                isDoubtful |= passed > 0;
                continue;
            }

            for (var later = tile; later < TileStore.CountOf(slot); later++)
            {
                store.Tile(slot, later)[series.Column] += by;
            }

            for (var row = slot->Start - 1; row < slot->End; row++)
            {
                rows.Row(slot, row)[series.Column] += by;
            }
        }

        into[tiles.DoubtfulColumn] += isDoubtful && by != 0 ? 1 : 0;
    }

    private long MeasureOf(long* tile, int filter)
    {
        foreach (ref readonly var measure in _measures.AsSpan())
        {
            if (measure.Value < 0 && measure.Filter == filter)
            {
                return tile[measure.Column + TileMeasure.Count];
            }
        }

        return 0;
    }

    /// <summary>A late payment came: whether a label that was there before it says fraud.</summary>
    /// <param name="isDoubtful">True where that was counted when it came, as if its payment lay in
    /// the tile: with which filters was a guess.</param>
    public bool Take(KeySlot* slot, long timeMs, ulong paymentHash, out bool isDoubtful)
    {
        isDoubtful = false;
        var entry = Find(slot, IdOf(paymentHash, timeMs));
        if (entry == null)
        {
            return false;
        }

        var (isFraud, wasCounted) = (LabelEntry.IsFraud(*entry), LabelEntry.IsCounted(*entry));
        isDoubtful = isFraud && wasCounted;
        *entry = LabelEntry.Counted(*entry);
        return isFraud && !wasCounted;
    }

    private long* Find(KeySlot* slot, long id)
    {
        var labels = slot->Tiles + TileStore.HeadLongs;
        for (var i = Math.Min(slot->Tiles[TileStore.LabelsSeen], tiles.LabelsMax) - 1; i >= 0; i--)
        {
            if (labels[i * EntryLongs] == id)
            {
                return labels + (i * EntryLongs) + 1;
            }
        }

        return null;
    }

    public void Remember(KeySlot* slot, long id, long entry)
    {
        var label = slot->Tiles + TileStore.HeadLongs + (slot->Tiles[TileStore.LabelsSeen]++ % tiles.LabelsMax * EntryLongs);
        (label[0], label[1]) = (id, entry);
    }
}
