namespace StreamScoring.Features;

/// <summary>
/// Running totals of hot keys at their full width. Between two edges among tiles any number of
/// events may lie, so beside each total that wraps around a tile keeps the word that its row leaves
/// out; a row's total then follows from that of the last tile, as few events lie between.
/// </summary>
internal sealed unsafe class TileTotals
{
    private readonly Series[] _series;
    private readonly int[] _carries;

    public TileTotals(EntityLayout layout, TileLayout tiles) => (_series, _carries) = ([.. layout.Series], [.. tiles.CarryColumns]);

    /// <summary>
    /// The first tile begins where nobody asks for what was before: its totals are taken for what
    /// their words say.
    /// </summary>
    public void Begin(long* tile)
    {
        for (var i = 0; i < _series.Length; i++)
        {
            if (_carries[i] >= 0)
            {
                tile[_carries[i]] = _series[i].Kind == SeriesKind.Sum ? tile[_series[i].Column] >> 63 : 0;
            }
        }
    }

    /// <summary>
    /// Sets a tile's left out words to go on from those of a tile; the row that it is now lies a
    /// few events behind.
    /// </summary>
    /// <param name="before">The tile before, or this one as it was.</param>
    public void GoOn(long* tile, long* row, long* before)
    {
        for (var i = 0; i < _series.Length; i++)
        {
            if (_carries[i] < 0)
            {
                continue;
            }

            tile[_carries[i]] = _series[i].Kind == SeriesKind.Sum
                ? (long)(SumBehind(row, before, i) >> 64)
                : (long)(ulong)SquaresBehind(row, before, i).High;
        }
    }

    /// <summary>Adds a payment's values to all totals of a tile.</summary>
    public void AddOwn(RowTotals totals, long* tile, long flags, bool isFraud, ReadOnlySpan<long> values)
    {
        Span<UInt128> before = stackalloc UInt128[_series.Length];
        for (var i = 0; i < _series.Length; i++)
        {
            before[i] = _carries[i] < 0 ? default : WordsOf(tile, i);
        }

        totals.AddOwn(tile, flags, isFraud, values);
        for (var i = 0; i < _series.Length; i++)
        {
            if (_carries[i] >= 0)
            {
                var isLess = WordsOf(tile, i) < before[i];
                // What was added is within a word: it went down where the value is negative.
                var isNegative = _series[i].Kind == SeriesKind.Sum && values[_series[i].Value] is < 0 and not EntityState.MissingValue && WordsOf(tile, i) != before[i];
                tile[_carries[i]] += isNegative ? (isLess ? 0 : -1) : isLess ? 1 : 0;
            }
        }
    }

    /// <summary>Copies the left out words.</summary>
    public void Copy(long* from, long* to)
    {
        foreach (var carry in _carries)
        {
            if (carry >= 0)
            {
                to[carry] = from[carry];
            }
        }
    }

    /// <summary>A sum up to a tile.</summary>
    public Int128 Sum(long* tile, int series) =>
        _carries[series] < 0 ? RowTotals.Sum(tile, _series[series]) : new Int128((ulong)tile[_carries[series]], (ulong)tile[_series[series].Column]);

    /// <summary>The words of a total that wraps, without a sign.</summary>
    private UInt128 WordsOf(long* tile, int series) =>
        _series[series].Words == 1 ? (ulong)tile[_series[series].Column] : RowTotals.Wide(tile + _series[series].Column);

    /// <summary>A sum up to a row that lies behind a tile.</summary>
    public Int128 SumBehind(long* row, long* tile, int series)
    {
        var column = _series[series].Column;
        return _carries[series] < 0 ? RowTotals.Sum(row, _series[series]) : Sum(tile, series) + unchecked(row[column] - tile[column]);
    }

    /// <summary>Squares up to a tile.</summary>
    public Int256 Squares(long* tile, int series) =>
        _carries[series] < 0 ? RowTotals.Squares(tile, _series[series])
        : new Int256((ulong)tile[_carries[series]], RowTotals.Wide(tile + _series[series].Column));

    /// <summary>Squares up to a row that lies behind a tile.</summary>
    public Int256 SquaresBehind(long* row, long* tile, int series)
    {
        var column = _series[series].Column;
        return _carries[series] < 0 ? RowTotals.Squares(row, _series[series])
            : Squares(tile, series) + new Int256(UInt128.Zero, unchecked(RowTotals.Wide(row + column) - RowTotals.Wide(tile + column)));
    }
}
