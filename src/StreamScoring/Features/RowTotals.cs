namespace StreamScoring.Features;

/// <summary>
/// The running totals that every row carries: what all events up to it in event-time order add up
/// to. A window's total is then the difference of two rows, wherever it begins and ends.
/// </summary>
internal sealed unsafe class RowTotals
{
    private const int TogetherMax = 32, RowsTogether = 64;

    private readonly EntityRows _rows;
    private readonly Series[] _series;
    private readonly int[] _words;
    private readonly int[] _rawColumns;
    private readonly int _flagsColumn;

    public RowTotals(EntityLayout layout, EntityRows rows)
    {
        _rows = rows;
        _series = [.. layout.Series];
        _words = [.. _series.SelectMany(series => Enumerable.Range(series.Column, series.Words))];
        _rawColumns = [.. layout.RawColumns];
        _flagsColumn = layout.FlagsColumn;
    }

    /// <summary>The first two words of a total.</summary>
    public static UInt128 Wide(long* words) => new((ulong)words[1], (ulong)words[0]);

    /// <summary>A total of values, of one word or two.</summary>
    public static Int128 Sum(long* row, in Series series) =>
        series.Words == 1 ? row[series.Column] : new Int128((ulong)row[series.Column + 1], (ulong)row[series.Column]);

    /// <summary>A total of squares, of two words or three.</summary>
    public static Int256 Squares(long* row, in Series series) =>
        new(series.Words == 3 ? (ulong)row[series.Column + 2] : UInt128.Zero, Wide(row + series.Column));

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
        foreach (var word in _words)
        {
            added[word] = before[word];
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

        AddFrom(slot, row, flags, isFraud, values);
    }

    /// <summary>Adds a payment's values to the totals of a row and of all behind it.</summary>
    public void AddFrom(KeySlot* slot, int row, long flags, bool isFraud, ReadOnlySpan<long> values)
    {
        // All that are added are by one walk; extremes so far are asked for at each row.
        Span<(int Column, int Words, UInt128 By)> added = stackalloc (int, int, UInt128)[TogetherMax];
        var count = 0;
        foreach (ref readonly var series in _series.AsSpan())
        {
            var value = series.Value < 0 ? 0 : values[series.Value];
            if ((flags & (1L << series.Filter)) == 0 || value == EntityState.MissingValue || (series.Kind == SeriesKind.Frauds && !isFraud))
            {
                continue;
            }

            if (series.Kind is SeriesKind.SmallestEver or SeriesKind.LargestEver || count == TogetherMax)
            {
                for (var later = row; later < slot->End; later++)
                {
                    AddTo(_rows.Row(slot, later) + series.Column, series, value, isFraud);
                }

                continue;
            }

            added[count++] = (series.Column, series.Words, series.Kind switch
            {
                SeriesKind.Sum => unchecked((UInt128)(Int128)value),
                SeriesKind.Squares => SquareOf(value),
                _ => UInt128.One,
            });
        }

        AddToAll(slot, row, added[..count]);
    }

    private void AddToAll(KeySlot* slot, int row, ReadOnlySpan<(int Column, int Words, UInt128 By)> added)
    {
        var stride = _rows.Row(slot, row + 1) - _rows.Row(slot, row);
        // A few rows at a time: they are still in the first-level cache for the next total.
        for (var first = row; first < slot->End; first += RowsTogether)
        {
            var count = Math.Min(RowsTogether, slot->End - first);
            foreach (ref readonly var one in added)
            {
                AddToRows(_rows.Row(slot, first) + one.Column, stride, count, one.Words, one.By);
            }
        }
    }

    private static void AddToRows(long* total, long stride, int count, int words, UInt128 by)
    {
        if (words == 1)
        {
            var own = (long)(ulong)by;
            for (; count > 0; count--, total += stride)
            {
                *total = unchecked(*total + own);
            }

            return;
        }

        for (; count > 0; count--, total += stride)
        {
            var sum = unchecked(Wide(total) + by);
            SetWide(total, sum);
            if (words > 2)
            {
                total[2] += sum < by ? 1 : 0;
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
                AddTo(row + series.Column, series, value, isFraud);
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

    /// <summary>
    /// A payment passes other filters than before: it counts in the totals of the ones and no more
    /// in those of the others. The row holds its new flags.
    /// </summary>
    public void Refilter(KeySlot* slot, int row, long before, long after)
    {
        foreach (ref readonly var series in _series.AsSpan())
        {
            var bit = 1L << series.Filter;
            if (((before ^ after) & bit) == 0)
            {
                continue;
            }

            if (series.Kind is SeriesKind.SmallestEver or SeriesKind.LargestEver)
            {
                FindExtremesAgain(slot, row, series);
                continue;
            }

            var value = series.Value < 0 ? 0 : _rows.Row(slot, row)[_rawColumns[series.Value]];
            if (value == EntityState.MissingValue)
            {
                continue;
            }

            var own = series.Kind switch
            {
                SeriesKind.Sum => value,
                SeriesKind.Squares => (Int128)SquareOf(value),
                _ => Int128.One,
            };
            var less = (Int256)((before & bit) != 0 ? own : -own);
            for (var later = row; later < slot->End; later++)
            {
                var total = _rows.Row(slot, later) + series.Column;
                if (series.Words == 1)
                {
                    total[0] = unchecked(total[0] - (long)(ulong)less.Low);
                }
                else
                {
                    SubtractFrom(total, series.Words, less);
                }
            }
        }
    }

    /// <summary>
    /// Takes a row's values out of the totals of all rows behind it; the row itself is about to go.
    /// </summary>
    public void Subtract(KeySlot* slot, int row)
    {
        var before = _rows.Row(slot, row - 1);
        var removed = _rows.Row(slot, row);
        foreach (ref readonly var series in _series.AsSpan())
        {
            if (series.Kind is SeriesKind.SmallestEver or SeriesKind.LargestEver)
            {
                FindExtremesWithout(slot, row, series);
                continue;
            }

            if (series.Words > 1)
            {
                // Of two events side by side the words that a total has are enough, signed or not.
                var own = (Int256)(series.Kind == SeriesKind.Sum ? Sum(removed, series) - Sum(before, series) : (Int128)(Wide(removed + series.Column) - Wide(before + series.Column)));
                for (var later = row + 1; later < slot->End; later++)
                {
                    SubtractFrom(_rows.Row(slot, later) + series.Column, series.Words, own);
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

    /// <summary>
    /// What one event added to a total: of a sum the first word, which holds any value.
    /// </summary>
    public UInt128 Own(KeySlot* slot, int row, in Series series)
    {
        var before = _rows.Row(slot, row - 1) + series.Column;
        var own = _rows.Row(slot, row) + series.Column;
        return series.Kind == SeriesKind.Squares ? unchecked(Wide(own) - Wide(before)) : (ulong)unchecked(own[0] - before[0]);
    }

    /// <summary>
    /// An extreme cannot be subtracted, so it is found again from the values that each row keeps
    /// beside it.
    /// </summary>
    private void FindExtremesWithout(KeySlot* slot, int removed, in Series series) =>
        FindExtremes(slot, removed + 1, series, _rows.Row(slot, removed - 1)[series.Column]);

    private void FindExtremesAgain(KeySlot* slot, int first, in Series series) =>
        FindExtremes(slot, first, series, _rows.Row(slot, first - 1)[series.Column]);

    /// <param name="total">The extreme of the rows before the first.</param>
    private void FindExtremes(KeySlot* slot, int first, in Series series, long total)
    {
        for (var row = first; row < slot->End; row++)
        {
            var later = _rows.Row(slot, row);
            var value = later[_rawColumns[series.Value]];
            if (value != EntityState.MissingValue && _rows.Passes(later, series.Filter))
            {
                AddTo(&total, series, value, isFraud: false);
            }

            later[series.Column] = total;
        }
    }

    private static void SubtractFrom(long* total, int words, Int256 by)
    {
        var left = new Int256(words == 3 ? (ulong)total[2] : UInt128.Zero, Wide(total)) - by;
        SetWide(total, left.Low);
        if (words == 3)
        {
            total[2] = (long)(ulong)left.High;
        }
    }

    private static void AddTo(long* total, in Series series, long value, bool isFraud)
    {
        switch (series.Kind)
        {
            case SeriesKind.Count or SeriesKind.ValueCount:
                total[0]++;
                break;
            case SeriesKind.Frauds:
                total[0] += isFraud ? 1 : 0;
                break;
            case SeriesKind.Sum:
                AddSum(total, series.Words, value);
                break;
            case SeriesKind.Squares:
                AddSquare(total, series.Words, value);
                break;
            case SeriesKind.SmallestEver:
                total[0] = total[0] == EntityState.MissingValue ? value : Math.Min(total[0], value);
                break;
            default:
                total[0] = Math.Max(total[0], value);
                break;
        }
    }

    private static void AddSum(long* total, int words, long value)
    {
        // With one word it may wrap around; the difference of two is right all the same.
        total[0] = unchecked(total[0] + value);
        if (words > 1)
        {
            total[1] = unchecked(total[1] + (value >> 63) + ((ulong)total[0] < (ulong)value ? 1 : 0));
        }
    }

    private static void AddSquare(long* total, int words, long value)
    {
        var square = SquareOf(value);
        var sum = unchecked(Wide(total) + square);
        SetWide(total, sum);
        if (words > 2)
        {
            total[2] += sum < square ? 1 : 0;
        }
    }

    private static UInt128 SquareOf(long value)
    {
        var high = Math.BigMul(value, value, out var low);
        return new UInt128((ulong)high, (ulong)low);
    }

    private static void SetWide(long* words, UInt128 value) => (words[0], words[1]) = ((long)(ulong)value, (long)(ulong)(value >> 64));
}
