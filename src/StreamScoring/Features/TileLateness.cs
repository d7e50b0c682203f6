namespace StreamScoring.Features;

/// <summary>
/// Adds payments to tiles: those that come after the events of their time were compacted.
/// </summary>
internal sealed unsafe class TileLateness(EntityLayout layout, TileLayout tiles, TileStore store, RowTotals totals)
{
    private readonly TileMeasure[] _measures = [.. tiles.Measures];
    private readonly DistinctColumns[] _distincts = [.. layout.Distincts];
    private readonly EventHash _hash = new(layout);

    /// <summary>
    /// What the payment would be as a row, were it the only one; and no row before it.
    /// </summary>
    private readonly long[] _alone = GC.AllocateArray<long>(layout.Stride, pinned: true), _nothing = new long[layout.Stride];

    /// <summary>
    /// Adds a payment to a tile: it came after the events of its time were compacted.
    /// </summary>
    /// <param name="values">[values] Scaled integers or missing.</param>
    /// <param name="distincts">[distinct columns] Hash of each value; 0 where it is
    /// missing.</param>
    /// <remarks>There must be room for one more tile.</remarks>
    public void Add(
        KeySlot* slot, long timeMs, ulong paymentHash, long flags, ReadOnlySpan<long> values, ReadOnlySpan<long> distincts, long watermarkMs)
    {
        var tile = store.FindOrInsert(slot, timeMs, watermarkMs);
        var into = store.Tile(slot, tile);
        store.Groups.ForgetOne(slot, tile);
        store.AddHash(into, HashOf(timeMs, paymentHash, flags, values, distincts));
        into[tiles.FirstMsColumn] = Math.Min(into[tiles.FirstMsColumn], timeMs);
        if (timeMs >= into[EntityLayout.TimeColumn])
        {
            SetRow(into, timeMs, paymentHash, flags, values, distincts);
        }

        foreach (ref readonly var measure in _measures.AsSpan())
        {
            if ((flags & (1L << measure.Filter)) != 0)
            {
                TileMeasure.Add(into + measure.Column, measure.Value < 0 ? 0 : values[measure.Value]);
            }
        }

        if (layout.HasLabels)
        {
            TileMembers.Add(store.Members(into), TileLabels.IdOf(paymentHash, timeMs));
        }

        for (var i = 0; i < _distincts.Length; i++)
        {
            if (distincts[i] != 0 && (flags & (1L << _distincts[i].Filter)) != 0)
            {
                HyperLogLog.Add(store.Registers(into, i), distincts[i]);
            }
        }

        var isFraud = store.Labels.Take(slot, timeMs, paymentHash, out var isDoubtful);
        into[tiles.DoubtfulColumn] += isDoubtful ? 1 : 0;
        for (var later = tile; later < TileStore.CountOf(slot); later++)
        {
            store.Totals.AddOwn(totals, store.Tile(slot, later), flags, isFraud, values);
            store.Tile(slot, later)[tiles.SequenceColumn]++;
        }

        totals.AddFrom(slot, slot->Start - 1, flags, isFraud, values);
        slot->SequenceBase++;
    }

    private UInt128 HashOf(long timeMs, ulong paymentHash, long flags, ReadOnlySpan<long> values, ReadOnlySpan<long> distincts)
    {
        Array.Clear(_alone);
        var row = (long*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _alone[0]);
        SetRow(row, timeMs, paymentHash, flags, values, distincts);
        totals.AddOwn(row, flags, isFraud: false, values);
        return _hash.OfPayment(_nothing, _alone);
    }

    private void SetRow(long* row, long timeMs, ulong paymentHash, long flags, ReadOnlySpan<long> values, ReadOnlySpan<long> distincts)
    {
        row[EntityLayout.TimeColumn] = timeMs;
        if (layout.HasLabels)
        {
            (row[layout.PaymentColumn], row[layout.LabelColumn]) = ((long)paymentHash, 0);
        }

        if (layout.FlagsColumn >= 0)
        {
            row[layout.FlagsColumn] = flags;
        }

        for (var value = 0; value < layout.RawColumns.Count; value++)
        {
            if (layout.RawColumns[value] >= 0)
            {
                row[layout.RawColumns[value]] = values[value];
            }
        }

        for (var i = 0; i < _distincts.Length; i++)
        {
            row[_distincts[i].HashColumn] = distincts[i];
        }
    }
}
