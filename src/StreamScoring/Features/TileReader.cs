namespace StreamScoring.Features;

/// <summary>
/// Computes features of a hot key. A window whose begin and end lie among the rows, or between two
/// tiles, is exact wherever totals say it; of a tile that an edge falls into anything between none
/// and all may be inside, and the value says so.
/// </summary>
internal sealed unsafe class TileReader
{
    private readonly EntityState _state;
    private readonly FeatureReader _reader;
    private readonly TileStore _store;
    private readonly TileLayout _tiles;
    private readonly FeaturePlan[] _plans;
    private readonly TileMeasure[] _measures;
    private readonly long[] _offsets;
    private readonly TileEdge[] _edges;
    private readonly double[] _units;
    private readonly long[] _registers = new long[HyperLogLog.Longs];
    private readonly long[] _nothing;

    public TileReader(EntityState state, FeatureReader reader, double[] units)
    {
        (_state, _reader, _store, _tiles, _units) = (state, reader, state.Tiles, state.Tiles.Layout, units);
        _plans = [.. state.Layout.Plans];
        _offsets = [.. state.Layout.Offsets];
        _edges = new TileEdge[_offsets.Length];
        _measures = [.. _tiles.MeasureOfPlan.Select(measure => _tiles.Measures[measure])];
        // What a tile before the first would hold.
        _nothing = GC.AllocateArray<long>(_tiles.Stride, pinned: true);
        foreach (var series in state.Layout.Series)
        {
            _nothing[series.Column] = series.Kind is SeriesKind.SmallestEver or SeriesKind.LargestEver ? EntityState.MissingValue : 0;
        }
    }

    /// <summary>Finds where the payment's windows begin and end.</summary>
    /// <param name="rows">[offsets] For each the first row behind it, or
    /// <see cref="EntityState.AmongTiles"/>.</param>
    public void Begin(KeySlot* slot, long timeMs, ReadOnlySpan<int> rows)
    {
        var hints = _state.Hints(slot);
        for (var i = 0; i < _offsets.Length; i++)
        {
            _edges[i] = rows[i] >= 0 ? new TileEdge(rows[i], -1, -1) : EdgeAmongTiles(slot, timeMs - _offsets[i], ref hints[i]);
        }
    }

    /// <param name="planIndex">Which of the entity's features.</param>
    /// <param name="row">The payment's row, or <see cref="EntityState.AmongTiles"/>.</param>
    public Estimate Read(int planIndex, KeySlot* slot, int row, long timeMs, ReadOnlySpan<long> values)
    {
        var plan = _plans[planIndex];
        var feature = plan.Feature;
        var skipsCurrent = feature.ExcludesCurrent || feature.Aggregate is Aggregate.Previous or Aggregate.SecondsSinceLast;
        var end = plan.End >= 0 ? _edges[plan.End]
            : row < 0 ? EndAmongTiles(slot, timeMs)
            : new TileEdge(skipsCurrent ? row : row + 1, -1, -1);
        var begin = plan.Begin >= 0 ? _edges[plan.Begin]
            : feature.Window.LastCount > 0 ? BeginOfLast(plan, slot, end)
            : TileEdge.Oldest;
        if (feature.IsByLabel && !(begin.IsAmongRows && end.IsAmongRows))
        {
            // A label that came after its payment was put into a tile changed nothing there, so of
            // what lies in tiles nothing is told.
            return Estimate.Unbounded(_reader.Value(
                plan, slot, row, begin.IsAmongRows ? begin.Row : slot->Start, end.IsAmongRows ? end.Row : slot->Start, timeMs, values));
        }

        if (end.IsAmongRows && (begin.IsAmongRows || (feature.Window.IsEver && IsCarried(feature.Aggregate))))
        {
            return Estimate.Exact(_reader.Value(plan, slot, row, begin.IsAmongRows ? begin.Row : slot->Start, end.Row, timeMs, values));
        }

        var measure = _measures[planIndex];
        var estimate = feature.Aggregate switch
        {
            Aggregate.Count => Count(plan, measure, slot, begin, end),
            Aggregate.Risk => Risk(plan, measure, slot, begin, end),
            Aggregate.Sum => Sum(plan, measure, slot, begin, end),
            Aggregate.Mean => Mean(plan, measure, slot, begin, end),
            Aggregate.StddevPopulation or Aggregate.StddevSample or Aggregate.Zscore => Spread(plan, slot, begin, end, values),
            Aggregate.Min or Aggregate.Max when feature.Window.IsEver => ExtremeEver(plan, slot, end),
            Aggregate.Min or Aggregate.Max => Extreme(plan, measure, slot, begin, end),
            Aggregate.Distinct => Distinct(plan, slot, begin, end),
            Aggregate.Last or Aggregate.Previous or Aggregate.SecondsSinceLast => Newest(plan, measure, slot, begin, end, timeMs),
            _ => Decayed(plan, measure, slot, begin, end, timeMs),
        };
        // The last n up to a time within a tile begin nobody knows where; and that the payment
        // itself is left out cannot be told in a tile.
        var isVague = (feature.Window.LastCount > 0 && end.Split >= 0) || (row < 0 && skipsCurrent && plan.End < 0);
        return isVague ? Estimate.Unbounded(estimate.Value) : estimate;
    }

    /// <summary>Whether each event carries what the aggregate of all time up to it is.</summary>
    private static bool IsCarried(Aggregate aggregate) => aggregate is Aggregate.Count or Aggregate.Sum or Aggregate.Mean or Aggregate.Min or Aggregate.Max
        or Aggregate.StddevPopulation or Aggregate.StddevSample or Aggregate.Zscore;

    /// <summary>
    /// Where the windows of a payment end that was put into a tile: behind all of them, or within
    /// one.
    /// </summary>
    private TileEdge EndAmongTiles(KeySlot* slot, long timeMs)
    {
        var hint = 0;
        return timeMs == TileStore.UpToMs(slot) ? new TileEdge(slot->Start, -1, -1) : EdgeAmongTiles(slot, timeMs, ref hint);
    }

    /// <param name="hint">The tile into which an edge fell last time.</param>
    private TileEdge EdgeAmongTiles(KeySlot* slot, long timeMs, ref int hint)
    {
        var tile = hint = _store.Find(slot, timeMs, hint);
        return timeMs >= _store.Tile(slot, tile)[EntityLayout.TimeColumn] ? new TileEdge(-1, tile, -1) : new TileEdge(-1, tile - 1, tile);
    }

    private TileEdge BeginOfLast(FeaturePlan plan, KeySlot* slot, TileEdge end)
    {
        var column = plan.LastCountColumn;
        var target = TotalAt(slot, end, column, isHigh: true) - plan.Feature.Window.LastCount;
        var ofTiles = TotalAt(slot, new TileEdge(slot->Start, -1, -1), column, isHigh: true);
        if (end.IsAmongRows && target >= ofTiles)
        {
            return new TileEdge(column < 0 ? (int)(target - slot->SequenceBase) + 1 : _reader.BeginOfLast(plan, slot, end.Row), -1, -1);
        }

        if (target <= 0)
        {
            return TileEdge.Oldest;
        }

        var (low, high) = (0, TileStore.CountOf(slot));
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = TotalAt(slot, new TileEdge(-1, middle, -1), column, isHigh: true) >= target ? (low, middle) : (middle + 1, high);
        }

        return low == TileStore.CountOf(slot) ? new TileEdge(slot->Start, -1, -1)
            : TotalAt(slot, new TileEdge(-1, low, -1), column, isHigh: true) == target ? new TileEdge(-1, low, -1)
            : new TileEdge(-1, low - 1, low);
    }

    /// <summary>
    /// The totals of all events that lie before an edge for sure, or those and the rest of its
    /// tile.
    /// </summary>
    private long* TotalsAt(KeySlot* slot, TileEdge edge, bool isHigh)
    {
        var tile = isHigh && edge.Split >= 0 ? edge.Split : edge.Before;
        return edge.IsAmongRows ? _state.Row(slot, edge.Row - 1)
            : tile >= 0 ? _store.Tile(slot, tile)
            : (long*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _nothing[0]);
    }

    /// <param name="column">A running column; -1: positions count.</param>
    private long TotalAt(KeySlot* slot, TileEdge edge, int column, bool isHigh) =>
        column >= 0 ? TotalsAt(slot, edge, isHigh)[column]
        : edge.IsAmongRows ? slot->SequenceBase + edge.Row - 1
        : TotalsAt(slot, edge, isHigh)[_tiles.SequenceColumn];

    /// <summary>A sum of all events before an edge.</summary>
    private Int128 SumAt(KeySlot* slot, TileEdge edge, int series, bool isHigh) =>
        edge.IsAmongRows ? _store.Totals.SumBehind(_state.Row(slot, edge.Row - 1), LastTileOf(slot), series)
        : _store.Totals.Sum(TotalsAt(slot, edge, isHigh), series);

    private Int256 SquaresAt(KeySlot* slot, TileEdge edge, int series, bool isHigh) =>
        edge.IsAmongRows ? _store.Totals.SquaresBehind(_state.Row(slot, edge.Row - 1), LastTileOf(slot), series)
        : _store.Totals.Squares(TotalsAt(slot, edge, isHigh), series);

    private long* LastTileOf(KeySlot* slot) => _store.Tile(slot, TileStore.CountOf(slot) - 1);

    private Int128 CertainSum(FeaturePlan plan, KeySlot* slot, TileEdge begin, TileEdge end) =>
        IsOneTile(begin, end) ? 0 : SumAt(slot, end, plan.SecondSeries, isHigh: false) - SumAt(slot, begin, plan.SecondSeries, isHigh: true);

    /// <summary>What lies between two edges for sure.</summary>
    private long Certain(KeySlot* slot, TileEdge begin, TileEdge end, int column) =>
        IsOneTile(begin, end) ? 0 : unchecked(TotalAt(slot, end, column, isHigh: false) - TotalAt(slot, begin, column, isHigh: true));

    private static bool IsOneTile(TileEdge begin, TileEdge end) => begin.Split >= 0 && begin.Split == end.Split;

    /// <returns>A number of the tiles that the edges fall into, added up.</returns>
    private long Split(KeySlot* slot, TileEdge begin, TileEdge end, int column) =>
        (begin.Split >= 0 ? _store.Tile(slot, begin.Split)[column] : 0)
        + (end.Split >= 0 && !IsOneTile(begin, end) ? _store.Tile(slot, end.Split)[column] : 0);

    /// <returns>A sum of the tiles that the edges fall into, added up.</returns>
    private Int128 SplitSum(KeySlot* slot, TileEdge begin, TileEdge end, int column) =>
        (begin.Split >= 0 ? TileMeasure.Sum(_store.Tile(slot, begin.Split) + column) : 0)
        + (end.Split >= 0 && !IsOneTile(begin, end) ? TileMeasure.Sum(_store.Tile(slot, end.Split) + column) : 0);

    private Estimate Count(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, TileEdge begin, TileEdge end)
    {
        var certain = Certain(slot, begin, end, plan.First);
        return Estimate.Between(certain, (double)certain + Split(slot, begin, end, measure.Column + TileMeasure.Count));
    }

    private Estimate Sum(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, TileEdge begin, TileEdge end)
    {
        var certain = CertainSum(plan, slot, begin, end);
        return Estimate.Between(
            (double)(certain + SplitSum(slot, begin, end, measure.Column + TileMeasure.Negative)) / _units[plan.Value],
            (double)(certain + SplitSum(slot, begin, end, measure.Column + TileMeasure.Positive)) / _units[plan.Value]);
    }

    /// <summary>
    /// It is furthest off where of each split tile nothing is inside, or everything and all of it
    /// at one end of its range.
    /// </summary>
    private Estimate Mean(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, TileEdge begin, TileEdge end)
    {
        var (count, sum) = (Certain(slot, begin, end, plan.First), (double)CertainSum(plan, slot, begin, end));
        if (begin.Split < 0 && end.Split < 0)
        {
            return Estimate.Exact(count == 0 ? double.NaN : sum / (_units[plan.Value] * count));
        }

        var (low, high) = count > 0 ? (sum / count, sum / count) : (double.PositiveInfinity, double.NegativeInfinity);
        var endSplit = IsOneTile(begin, end) ? -1 : end.Split;
        Reach(slot, begin.Split, endSplit, measure.Column, count, sum, ref low, ref high);
        Reach(slot, endSplit, -1, measure.Column, count, sum, ref low, ref high);
        var estimate = low > high ? Estimate.Unbounded(double.NaN) : Estimate.Between(low / _units[plan.Value], high / _units[plan.Value]);
        return count > 0 ? estimate : Estimate.Unbounded(estimate.Value);
    }

    /// <summary>Widens a mean's range by one tile, and then another beside it.</summary>
    private void Reach(KeySlot* slot, int tile, int another, int column, double count, double sum, ref double low, ref double high)
    {
        if (tile < 0 || _store.Tile(slot, tile)[column + TileMeasure.Count] == 0)
        {
            return;
        }

        var measure = _store.Tile(slot, tile) + column;
        count += measure[TileMeasure.Count];
        var least = sum + (measure[TileMeasure.Count] * (double)measure[TileMeasure.Smallest]);
        var most = sum + (measure[TileMeasure.Count] * (double)measure[TileMeasure.Largest]);
        (low, high) = (Math.Min(low, least / count), Math.Max(high, most / count));
        Reach(slot, another, -1, column, count, least, ref low, ref high);
        Reach(slot, another, -1, column, count, most, ref low, ref high);
    }

    private Estimate Risk(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, TileEdge begin, TileEdge end)
    {
        var (payments, frauds) = (Certain(slot, begin, end, plan.First), Certain(slot, begin, end, plan.Second));
        var split = Split(slot, begin, end, measure.Column + TileMeasure.Count);
        var splitFrauds = begin.Split >= 0 ? FraudsOf(slot, begin.Split, plan.Second) : 0;
        splitFrauds += end.Split >= 0 && !IsOneTile(begin, end) ? FraudsOf(slot, end.Split, plan.Second) : 0;
        var doubtful = 0L;
        var lastTile = LastTile(slot, end, withSplit: true);
        for (var tile = FirstTile(begin, withSplit: true); tile <= lastTile; tile++)
        {
            if (TileGroups.IsWhole(tile, lastTile))
            {
                doubtful += _store.Groups.Doubtful(slot, tile);
                tile += TileGroups.Tiles - 1;
                continue;
            }

            doubtful += _store.Tile(slot, tile)[_tiles.DoubtfulColumn];
        }

        var low = Ratio(frauds - doubtful, payments + split - splitFrauds);
        var high = Ratio(frauds + splitFrauds + doubtful, payments + splitFrauds);
        return Estimate.Between(Math.Min(low, high), high);

        static double Ratio(long part, long whole) => Math.Clamp(whole <= 0 ? (part > 0 ? 1 : 0) : part / (double)whole, 0, 1);
    }

    private long FraudsOf(KeySlot* slot, int tile, int column) =>
        _store.Tile(slot, tile)[column] - TotalsAt(slot, new TileEdge(-1, tile - 1, -1), isHigh: false)[column];

    private Estimate Spread(FeaturePlan plan, KeySlot* slot, TileEdge begin, TileEdge end, ReadOnlySpan<long> values)
    {
        // With the whole of the tiles that the edges fall into.
        var count = TotalAt(slot, end, plan.First, isHigh: true) - TotalAt(slot, begin, plan.First, isHigh: false);
        var sum = SumAt(slot, end, plan.SecondSeries, isHigh: true) - SumAt(slot, begin, plan.SecondSeries, isHigh: false);
        var squares = SquaresAt(slot, end, plan.ThirdSeries, isHigh: true) - SquaresAt(slot, begin, plan.ThirdSeries, isHigh: false);
        var value = _reader.Spread(plan, count, sum, squares, values);
        return begin.Split < 0 && end.Split < 0 ? Estimate.Exact(value) : Estimate.Unbounded(value);
    }

    private Estimate ExtremeEver(FeaturePlan plan, KeySlot* slot, TileEdge end)
    {
        var (low, high) = (TotalsAt(slot, end, isHigh: false)[plan.First], TotalsAt(slot, end, isHigh: true)[plan.First]);
        return high == EntityState.MissingValue ? Estimate.Exact(double.NaN)
            : low == EntityState.MissingValue ? Estimate.Unbounded(high / _units[plan.Value])
            : Estimate.Between(Math.Min(low, high) / _units[plan.Value], Math.Max(low, high) / _units[plan.Value]);
    }

    private Estimate Extreme(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, TileEdge begin, TileEdge end)
    {
        // The largest value is the smallest with its sign turned, and so are the bounds.
        var sign = plan.Feature.Aggregate == Aggregate.Min ? 1 : -1;
        var (inner, outer) = (sign == 1 ? TileMeasure.Smallest : TileMeasure.Largest, sign == 1 ? TileMeasure.Largest : TileMeasure.Smallest);
        var (best, isAny) = (long.MaxValue, false);
        if (_reader.Windows.Extreme(plan, slot, FirstRow(slot, begin), LastRow(end)) is var ofRows && ofRows != EntityState.MissingValue)
        {
            (best, isAny) = (sign * ofRows, true);
        }

        var lastTile = LastTile(slot, end, withSplit: false);
        for (var tile = FirstTile(begin, withSplit: false); tile <= lastTile; tile++)
        {
            if (TileGroups.IsWhole(tile, lastTile))
            {
                var (count, smallest, largest) = _store.Groups.Measure(slot, tile, _tiles.MeasureOfPlan[plan.Index]);
                (best, isAny) = count > 0 ? (Math.Min(best, sign == 1 ? smallest : -largest), true) : (best, isAny);
                tile += TileGroups.Tiles - 1;
                continue;
            }

            var of = _store.Tile(slot, tile) + measure.Column;
            if (of[TileMeasure.Count] > 0)
            {
                (best, isAny) = (Math.Min(best, sign * of[inner]), true);
            }
        }

        var (low, worst) = (best, isAny ? best : long.MinValue);
        foreach (var tile in stackalloc[] { begin.Split, IsOneTile(begin, end) ? -1 : end.Split })
        {
            if (tile >= 0 && _store.Tile(slot, tile)[measure.Column + TileMeasure.Count] > 0)
            {
                low = Math.Min(low, sign * _store.Tile(slot, tile)[measure.Column + inner]);
                worst = isAny ? worst : Math.Max(worst, sign * _store.Tile(slot, tile)[measure.Column + outer]);
            }
        }

        if (low == long.MaxValue)
        {
            return Estimate.Exact(double.NaN);
        }

        var estimate = sign == 1 ? Estimate.Between(low / _units[plan.Value], worst / _units[plan.Value])
            : Estimate.Between(-worst / _units[plan.Value], -low / _units[plan.Value]);
        // Where only split tiles have a value, there may be none in the window.
        return isAny ? estimate : Estimate.Unbounded(estimate.Value);
    }

    private Estimate Distinct(FeaturePlan plan, KeySlot* slot, TileEdge begin, TileEdge end)
    {
        var columns = _state.Layout.Distincts[plan.First];
        var registers = _tiles.RegistersColumn + (plan.First * HyperLogLog.Longs);
        Array.Clear(_registers);
        var isPrefix = _state.Index.Has(slot) && FirstRow(slot, begin) == slot->Start && LastRow(end) > slot->Start;
        if (isPrefix)
        {
            _state.Index.AddDistinct(_registers, slot, plan.First, LastRow(end));
        }

        for (var row = FirstRow(slot, begin); row < LastRow(end) && !isPrefix; row++)
        {
            var candidate = _state.Row(slot, row);
            if (candidate[columns.HashColumn] != 0 && _state.Passes(candidate, columns.Filter))
            {
                HyperLogLog.Add(_registers, candidate[columns.HashColumn]);
            }
        }

        var lastTile = LastTile(slot, end, withSplit: false);
        for (var tile = FirstTile(begin, withSplit: false); tile <= lastTile; tile++)
        {
            if (TileGroups.IsWhole(tile, lastTile))
            {
                HyperLogLog.Merge(_registers, _store.Groups.Registers(slot, tile, plan.First));
                tile += TileGroups.Tiles - 1;
                continue;
            }

            HyperLogLog.Merge(_registers, new ReadOnlySpan<long>(_store.Tile(slot, tile) + registers, HyperLogLog.Longs));
        }

        var low = HyperLogLog.Estimate(_registers);
        foreach (var tile in stackalloc[] { begin.Split, end.Split })
        {
            if (tile >= 0)
            {
                HyperLogLog.Merge(_registers, new ReadOnlySpan<long>(_store.Tile(slot, tile) + registers, HyperLogLog.Longs));
            }
        }

        var high = HyperLogLog.Estimate(_registers);
        return high == 0 ? Estimate.Exact(0) : new Estimate(Math.Round((low + high) / 2), ((high - low) / 2) + (HyperLogLog.Bound * high) + 1);
    }

    private Estimate Newest(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, TileEdge begin, TileEdge end, long timeMs)
    {
        if (_reader.Windows.Newest(plan, slot, FirstRow(slot, begin), LastRow(end)) is >= 0 and var row)
        {
            return Estimate.Exact(ValueOf(plan, _state.Row(slot, row), timeMs));
        }

        var isVague = end.Split >= 0 && _store.Tile(slot, end.Split)[measure.Column + TileMeasure.Count] > 0;
        var firstTile = FirstTile(begin, withSplit: true);
        for (var tile = LastTile(slot, end, withSplit: false); tile >= firstTile; tile--)
        {
            if (tile % TileGroups.Tiles == TileGroups.Tiles - 1 && tile - (TileGroups.Tiles - 1) >= firstTile
                && _store.Groups.Measure(slot, tile - (TileGroups.Tiles - 1), _tiles.MeasureOfPlan[plan.Index]).Count == 0)
            {
                tile -= TileGroups.Tiles - 1;
                continue;
            }

            var candidate = _store.Tile(slot, tile);
            if (candidate[measure.Column + TileMeasure.Count] == 0)
            {
                continue;
            }

            if (IsCandidate(plan, candidate))
            {
                var value = ValueOf(plan, candidate, timeMs);
                return isVague ? Estimate.Unbounded(value) : Estimate.Exact(value);
            }

            isVague = true;
        }

        return isVague ? Estimate.Unbounded(double.NaN) : Estimate.Exact(double.NaN);
    }

    private bool IsCandidate(FeaturePlan plan, long* row) =>
        _state.Passes(row, plan.Feature.Filter) && (plan.First < 0 || row[plan.First] != EntityState.MissingValue);

    private double ValueOf(FeaturePlan plan, long* row, long timeMs) =>
        plan.Feature.Aggregate == Aggregate.SecondsSinceLast ? (timeMs - row[EntityLayout.TimeColumn]) / 1000.0 : row[plan.First] / _units[plan.Value];

    private Estimate Decayed(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, TileEdge begin, TileEdge end, long timeMs)
    {
        var exact = _reader.Decayed(plan, slot, FirstRow(slot, begin), LastRow(end), timeMs);
        var unit = plan.First < 0 ? 1 : _units[plan.Value];
        var (low, high) = (0.0, 0.0);
        var lastTile = LastTile(slot, end, withSplit: true);
        for (var tile = FirstTile(begin, withSplit: true); tile <= lastTile; tile++)
        {
            if (TileGroups.IsWhole(tile, lastTile) && !IsIn(tile, begin.Split) && !IsIn(tile, end.Split))
            {
                var group = _store.Groups.Decayed(slot, tile, plan.Index);
                var scale = TileGroups.Weight(plan, timeMs, group.AtMs);
                (low, high) = (low + (group.Low * scale), high + (group.High * scale));
                tile += TileGroups.Tiles - 1;
                continue;
            }

            var of = _store.Groups.DecayedOfTile(_store.Tile(slot, tile), plan, measure, timeMs);
            // Of a split tile nothing may be inside, or only what makes it more or less.
            var isSplit = tile == begin.Split || tile == end.Split;
            low += isSplit ? Math.Min(0, of.NegativeOnly) : of.Low;
            high += isSplit ? Math.Max(0, of.PositiveOnly) : of.High;
        }

        return Estimate.Between(exact + (low / unit), exact + (high / unit));

        static bool IsIn(int tile, int split) => split >= tile && split < tile + TileGroups.Tiles;
    }

    private static int FirstRow(KeySlot* slot, TileEdge begin) => begin.IsAmongRows ? begin.Row : slot->Start;

    private static int LastRow(TileEdge end) => end.Row;

    /// <returns>The window's first tile; behind the last where it has none.</returns>
    private static int FirstTile(TileEdge begin, bool withSplit) =>
        begin.IsAmongRows ? int.MaxValue : begin.Split >= 0 ? begin.Split + (withSplit ? 0 : 1) : begin.Before + 1;

    private static int LastTile(KeySlot* slot, TileEdge end, bool withSplit) =>
        end.IsAmongRows ? TileStore.CountOf(slot) - 1 : withSplit && end.Split >= 0 ? end.Split : end.Before;
}
