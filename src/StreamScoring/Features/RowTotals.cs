namespace StreamScoring.Features;

/// <summary>
/// The running totals that every row carries: what all events up to it in event-time order add up to. A window's total is then the
/// difference of two rows, wherever it begins and ends.
/// </summary>
internal sealed unsafe class RowTotals
{
    private readonly EntityRows _rows;
    private readonly Series[] _series;
    private readonly int[] _rawColumns;
    private readonly int _flagsColumn;

    public RowTotals(EntityLayout layout, EntityRows rows)
    {
        _rows = rows;
        _series = [.. layout.Series];
        _rawColumns = [.. layout.RawColumns];
        _flagsColumn = layout.FlagsColumn;
    }

    /// <summary>A total of two words, low word first.</summary>
    public static UInt128 Wide(long* words) => new((ulong)words[1], (ulong)words[0]);

    /// <summary>The totals before a key's first event.</summary>
    public void Begin(long* before)
    {
        foreach (ref readonly var series in _series.AsSpan())
        {
            if (series.Kind is SeriesKind.SmallestEver or SeriesKind.LargestEver)
            {
                before[series.Column] = EntityState.MissingValue;
            }
        }
    }

    /// <summary>A row that adds nothing has the totals of the row before.</summary>
    public void Carry(KeySlot* slot, int row)
    {
        var before = _rows.Row(slot, row - 1);
        var added = _rows.Row(slot, row);
        foreach (ref readonly var series in _series.AsSpan())
        {
            added[series.Column] = before[series.Column];
            if (series.Kind == SeriesKind.Squares)
            {
                added[series.Column + 1] = before[series.Column + 1];
            }
        }
    }

    /// <summary>Adds a new row's values to its totals and to those of all rows behind it.</summary>
    public void Add(KeySlot* slot, int row, long flags, bool isFraud, ReadOnlySpan<long> values)
    {
        Carry(slot, row);
        if (row == slot->End - 1)
        {
            AddOwn(_rows.Row(slot, row), flags, isFraud, values);
            return;
        }

        foreach (ref readonly var series in _series.AsSpan())
        {
            if ((flags & (1L << series.Filter)) == 0)
            {
                continue;
            }

            var value = series.Value < 0 ? 0 : values[series.Value];
            if (value == EntityState.MissingValue)
            {
                continue;
            }

            for (var later = row; later < slot->End; later++)
            {
                AddTo(_rows.Row(slot, later) + series.Column, series.Kind, value, isFraud);
            }
        }
    }

    /// <summary>Adds a payment's values to the totals of one row.</summary>
    public void AddOwn(long* row, long flags, bool isFraud, ReadOnlySpan<long> values)
    {
        foreach (ref readonly var series in _series.AsSpan())
        {
            var value = series.Value < 0 ? 0 : values[series.Value];
            if ((flags & (1L << series.Filter)) != 0 && value != EntityState.MissingValue)
            {
                AddTo(row + series.Column, series.Kind, value, isFraud);
            }
        }
    }

    /// <summary>A payment's label changed: its frauds count by so many more.</summary>
    public void AddFrauds(KeySlot* slot, int row, long by)
    {
        var flags = _rows.Row(slot, row)[_flagsColumn];
        foreach (ref readonly var series in _series.AsSpan())
        {
            if (series.Kind == SeriesKind.Frauds && (flags & (1L << series.Filter)) != 0)
            {
                for (var later = row; later < slot->End; later++)
                {
                    _rows.Row(slot, later)[series.Column] += by;
                }
            }
        }
    }

    /// <summary>Takes a row's values out of the totals of all rows behind it; the row itself is about to go.</summary>
    public void Subtract(KeySlot* slot, int row)
    {
        var before = _rows.Row(slot, row - 1);
        var removed = _rows.Row(slot, row);
        foreach (ref readonly var series in _series.AsSpan())
        {
            if (series.Kind is SeriesKind.SmallestEver or SeriesKind.LargestEver)
            {
                FindExtremesAgain(slot, row, series);
                continue;
            }

            if (series.Kind == SeriesKind.Squares)
            {
                var by = Wide(removed + series.Column) - Wide(before + series.Column);
                for (var later = row + 1; later < slot->End; later++)
                {
                    SetWide(_rows.Row(slot, later) + series.Column, Wide(_rows.Row(slot, later) + series.Column) - by);
                }

                continue;
            }

            var difference = unchecked(removed[series.Column] - before[series.Column]);
            for (var later = row + 1; later < slot->End; later++)
            {
                unchecked
                {
                    _rows.Row(slot, later)[series.Column] -= difference;
                }
            }
        }
    }

    /// <summary>What one event added to a total: two words where the total has two.</summary>
    public UInt128 Own(KeySlot* slot, int row, in Series series)
    {
        var before = _rows.Row(slot, row - 1) + series.Column;
        var own = _rows.Row(slot, row) + series.Column;
        return series.Kind == SeriesKind.Squares ? Wide(own) - Wide(before) : (ulong)unchecked(own[0] - before[0]);
    }

    /// <summary>An extreme cannot be subtracted, so it is found again from the values that each row keeps beside it.</summary>
    private void FindExtremesAgain(KeySlot* slot, int removed, in Series series)
    {
        var total = _rows.Row(slot, removed - 1)[series.Column];
        for (var row = removed + 1; row < slot->End; row++)
        {
            var later = _rows.Row(slot, row);
            var value = later[_rawColumns[series.Value]];
            if (value != EntityState.MissingValue && _rows.Passes(later, series.Filter))
            {
                AddTo(&total, series.Kind, value, isFraud: false);
            }

            later[series.Column] = total;
        }
    }

    private static void AddTo(long* total, SeriesKind kind, long value, bool isFraud)
    {
        switch (kind)
        {
            case SeriesKind.Count or SeriesKind.ValueCount:
                total[0]++;
                break;
            case SeriesKind.Frauds:
                total[0] += isFraud ? 1 : 0;
                break;
            case SeriesKind.Sum:
                // Totals of all time may wrap around; the difference of two is right all the same.
                total[0] = unchecked(total[0] + value);
                break;
            case SeriesKind.Squares:
                var high = Math.BigMul(value, value, out var low);
                SetWide(total, Wide(total) + new UInt128((ulong)high, (ulong)low));
                break;
            case SeriesKind.SmallestEver:
                total[0] = total[0] == EntityState.MissingValue ? value : Math.Min(total[0], value);
                break;
            default:
                total[0] = Math.Max(total[0], value);
                break;
        }
    }

    private static void SetWide(long* words, UInt128 value) => (words[0], words[1]) = ((long)(ulong)value, (long)(ulong)(value >> 64));
}
