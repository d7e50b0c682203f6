namespace StreamScoring.Features;

/// <summary>Finds a payment among a key's rows.</summary>
internal sealed unsafe class PaymentFinder(EntityLayout layout, EntityRows rows, RowTotals totals)
{
    private readonly int[] _rawColumns = [.. layout.RawColumns];
    private readonly DistinctColumns[] _distincts = [.. layout.Distincts];
    private readonly Series[] _series = [.. layout.Series];

    /// <returns>The row of that payment or its stub, the last where there are several; -1 where
    /// there is none.</returns>
    public int Find(KeySlot* slot, long timeMs, ulong paymentHash, long watermarkMs, int before = int.MaxValue)
    {
        // What nothing sees is there or not by chance, so it counts as not there.
        var first = timeMs > layout.HorizonMs(watermarkMs) ? slot->Start : rows.FirstNeeded(slot, watermarkMs);
        var end = Math.Min(rows.UpperBound(slot, timeMs, slot->End), before);
        first = Math.Max(first, rows.UpperBound(slot, timeMs - 1, end));
        return rows.Index.LastWith(slot, rows.Index.Layout.SearchOfPayment, (long)paymentHash, filter: -1, first, end);
    }

    /// <summary>
    /// Whether a row is that payment. Its id alone does not say so, as several may bear it; one of
    /// the same content is as good, with its id where rows have it.
    /// </summary>
    public bool IsSame(KeySlot* slot, int row, ulong paymentHash, long flags, ReadOnlySpan<long> values, ReadOnlySpan<long> distincts)
    {
        var candidate = rows.Row(slot, row);
        if (layout.FlagsColumn >= 0 && ((candidate[layout.FlagsColumn] ^ flags) & layout.LoggedFlags) != 0)
        {
            return false;
        }

        if (layout.HasLabels && candidate[layout.PaymentColumn] != (long)paymentHash)
        {
            return false;
        }

        for (var value = 0; value < _rawColumns.Length; value++)
        {
            if (_rawColumns[value] >= 0 && !layout.Values[value].IsDerived && candidate[_rawColumns[value]] != values[value])
            {
                return false;
            }
        }

        for (var i = 0; i < _distincts.Length; i++)
        {
            if (!_distincts[i].Source.IsDerived && candidate[_distincts[i].HashColumn] != distincts[i])
            {
                return false;
            }
        }

        foreach (ref readonly var series in _series.AsSpan())
        {
            if (series.Kind == SeriesKind.Sum && layout.IsLogged(series) && (flags & (1L << series.Filter)) != 0
                && (long)(ulong)totals.Own(slot, row, series) != (values[series.Value] == EntityState.MissingValue ? 0 : values[series.Value]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Puts what was stored with a payment, as it followed from the state, in place of what would
    /// follow from the state now.
    /// </summary>
    public void TakeStored(KeySlot* slot, int row, ref long flags, Span<long> values, Span<long> distincts)
    {
        var stored = rows.Row(slot, row);
        flags = layout.FlagsColumn >= 0 ? stored[layout.FlagsColumn] : flags;
        for (var value = 0; value < values.Length; value++)
        {
            values[value] = layout.Values[value].IsDerived ? stored[_rawColumns[value]] : values[value];
        }

        for (var i = 0; i < distincts.Length; i++)
        {
            distincts[i] = _distincts[i].Source.IsDerived ? stored[_distincts[i].HashColumn] : distincts[i];
        }
    }
}
