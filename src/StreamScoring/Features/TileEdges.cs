namespace StreamScoring.Features;

/// <summary>
/// Where the windows of a hot key's payment begin and end, and what lies between two such edges by
/// the running totals.
/// </summary>
internal sealed unsafe class TileEdges
{
    private readonly EntityState _state;
    private readonly FeatureReader _reader;
    private readonly TileStore _store;
    private readonly int _sequenceColumn;
    private readonly long[] _offsets;
    private readonly TileEdge[] _edges;

    /// <summary>What a tile before the first would hold.</summary>
    private readonly long[] _nothing;
    private readonly TileEdge _oldest;

    /// <summary>The key's last tile, from which the rows' totals go on.</summary>
    private long* _lastTile;

    public TileEdges(EntityState state, FeatureReader reader)
    {
        (_state, _reader, _store, _sequenceColumn) = (state, reader, state.Tiles, state.Tiles.Layout.SequenceColumn);
        _offsets = [.. state.Layout.Offsets];
        _edges = new TileEdge[_offsets.Length];
        _nothing = GC.AllocateArray<long>(state.Tiles.Layout.Stride, pinned: true);
        foreach (var series in state.Layout.Series)
        {
            _nothing[series.Column] = series.Kind is SeriesKind.SmallestEver or SeriesKind.LargestEver ? EntityState.MissingValue : 0;
        }

        var nothing = (long*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _nothing[0]);
        _oldest = new TileEdge(-1, -1, -1, nothing, nothing);
    }

    /// <summary>Finds where the payment's windows begin and end.</summary>
    /// <param name="rows">[offsets] For each the first row behind it, or
    /// <see cref="EntityState.AmongTiles"/>.</param>
    public void Begin(KeySlot* slot, long timeMs, ReadOnlySpan<int> rows)
    {
        _lastTile = _store.Tile(slot, TileStore.CountOf(slot) - 1);
        var hints = _state.Hints(slot);
        for (var i = 0; i < _edges.Length; i++)
        {
            _edges[i] = rows[i] >= 0 ? AtRow(slot, rows[i]) : AmongTiles(slot, timeMs - _offsets[i], ref hints[i]);
        }
    }

    /// <param name="row">The payment's row, or <see cref="EntityState.AmongTiles"/>.</param>
    /// <param name="skipsCurrent">Whether the payment itself is left out.</param>
    public TileEdge EndOf(FeaturePlan plan, bool skipsCurrent, KeySlot* slot, int row, long timeMs) =>
        plan.End >= 0 ? _edges[plan.End]
        : row >= 0 ? AtRow(slot, skipsCurrent ? row : row + 1)
        // A payment that was put into a tile: behind all of them, or within one.
        : timeMs == TileStore.UpToMs(slot) ? AtRow(slot, slot->Start) : AmongTiles(slot, timeMs);

    public TileEdge BeginOf(FeaturePlan plan, KeySlot* slot, in TileEdge end) =>
        plan.Begin >= 0 ? _edges[plan.Begin]
        : plan.Feature.Window.LastCount > 0 ? BeginOfLast(plan, slot, end)
        : _oldest;

    /// <summary>What lies between two edges for sure.</summary>
    /// <param name="column">A running column; -1: positions count.</param>
    public long Certain(KeySlot* slot, in TileEdge begin, in TileEdge end, int column) =>
        TileEdge.IsOneTile(begin, end) ? 0 : unchecked(Total(slot, end, end.Low, column) - Total(slot, begin, begin.High, column));

    /// <summary>What lies between them, with the whole of the tiles that they fall into.</summary>
    /// <inheritdoc cref="Certain"/>
    public long Possible(KeySlot* slot, in TileEdge begin, in TileEdge end, int column) =>
        unchecked(Total(slot, end, end.High, column) - Total(slot, begin, begin.Low, column));

    /// <summary>A sum of what lies between two edges for sure.</summary>
    public Int128 CertainSum(in TileEdge begin, in TileEdge end, int series) =>
        TileEdge.IsOneTile(begin, end) ? 0 : Sum(end, end.Low, series) - Sum(begin, begin.High, series);

    public Int128 PossibleSum(in TileEdge begin, in TileEdge end, int series) => Sum(end, end.High, series) - Sum(begin, begin.Low, series);

    public Int256 PossibleSquares(in TileEdge begin, in TileEdge end, int series) => Squares(end, end.High, series) - Squares(begin, begin.Low, series);

    /// <summary>What the tile before one has in a column.</summary>
    public long BeforeTile(KeySlot* slot, int tile, int column) => (tile > 0 ? _store.Tile(slot, tile - 1) : _oldest.Low)[column];

    private TileEdge AtRow(KeySlot* slot, int row)
    {
        var before = _state.Row(slot, row - 1);
        return new TileEdge(row, -1, -1, before, before);
    }

    private TileEdge AmongTiles(KeySlot* slot, long timeMs)
    {
        var hint = 0;
        return AmongTiles(slot, timeMs, ref hint);
    }

    /// <param name="hint">The tile into which an edge fell last time.</param>
    private TileEdge AmongTiles(KeySlot* slot, long timeMs, ref int hint)
    {
        var tile = hint = _store.Find(slot, timeMs, hint);
        return timeMs >= _store.Tile(slot, tile)[EntityLayout.TimeColumn] ? BehindTile(slot, tile) : WithinTile(slot, tile);
    }

    private TileEdge BehindTile(KeySlot* slot, int tile)
    {
        var totals = _store.Tile(slot, tile);
        return new TileEdge(-1, tile, -1, totals, totals);
    }

    private TileEdge WithinTile(KeySlot* slot, int tile) =>
        new(-1, tile - 1, tile, tile > 0 ? _store.Tile(slot, tile - 1) : _oldest.Low, _store.Tile(slot, tile));

    private TileEdge BeginOfLast(FeaturePlan plan, KeySlot* slot, in TileEdge end)
    {
        var column = plan.LastCountColumn;
        var target = Total(slot, end, end.High, column) - plan.Feature.Window.LastCount;
        var firstRow = AtRow(slot, slot->Start);
        if (end.IsAmongRows && target >= Total(slot, firstRow, firstRow.High, column))
        {
            return AtRow(slot, column < 0 ? (int)(target - slot->SequenceBase) + 1 : _reader.BeginOfLast(plan, slot, end.Row));
        }

        if (target <= 0)
        {
            return _oldest;
        }

        column = column < 0 ? _sequenceColumn : column;
        var (low, high) = (0, TileStore.CountOf(slot));
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _store.Tile(slot, middle)[column] >= target ? (low, middle) : (middle + 1, high);
        }

        return low == TileStore.CountOf(slot) ? firstRow
            : _store.Tile(slot, low)[column] == target ? BehindTile(slot, low)
            : WithinTile(slot, low);
    }

    private long Total(KeySlot* slot, in TileEdge edge, long* totals, int column) =>
        column >= 0 ? totals[column]
        : edge.IsAmongRows ? slot->SequenceBase + edge.Row - 1
        : totals[_sequenceColumn];

    private Int128 Sum(in TileEdge edge, long* totals, int series) =>
        edge.IsAmongRows ? _store.Totals.SumBehind(totals, _lastTile, series) : _store.Totals.Sum(totals, series);

    private Int256 Squares(in TileEdge edge, long* totals, int series) =>
        edge.IsAmongRows ? _store.Totals.SquaresBehind(totals, _lastTile, series) : _store.Totals.Squares(totals, series);
}
