namespace StreamScoring.Features;

/// <summary>
/// Features of a hot key that no difference of totals tells: its rows, and its tiles one by one or
/// by groups (<see cref="TileGroups"/>). Of a tile that an edge falls into anything between none
/// and all may be inside, and the value says so.
/// </summary>
internal sealed unsafe class TileWalks(EntityState state, FeatureReader reader, double[] units)
{
    private readonly TileStore _store = state.Tiles;
    private readonly TileLayout _tiles = state.Tiles.Layout;
    private readonly long[] _registers = new long[HyperLogLog.Longs];

    public Estimate Extreme(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, in TileEdge begin, in TileEdge end)
    {
        // The largest value is the smallest with its sign turned, and so are the bounds.
        var sign = plan.Feature.Aggregate == Aggregate.Min ? 1 : -1;
        var (inner, outer) = (sign == 1 ? TileMeasure.Smallest : TileMeasure.Largest, sign == 1 ? TileMeasure.Largest : TileMeasure.Smallest);
        var (best, isAny) = (long.MaxValue, false);
        if (reader.Windows.Extreme(plan, slot, begin.FirstRow(slot), end.Row) is var ofRows && ofRows != EntityState.MissingValue)
        {
            (best, isAny) = (sign * ofRows, true);
        }

        var lastTile = end.LastTile(slot, withSplit: false);
        for (var tile = begin.FirstTile(withSplit: false); tile <= lastTile; tile++)
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
        foreach (var tile in stackalloc[] { begin.Split, TileEdge.IsOneTile(begin, end) ? -1 : end.Split })
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

        var estimate = sign == 1 ? Estimate.Between(low / units[plan.Value], worst / units[plan.Value])
            : Estimate.Between(-worst / units[plan.Value], -low / units[plan.Value]);
        // Where only split tiles have a value, there may be none in the window.
        return isAny ? estimate : Estimate.Unbounded(estimate.Value);
    }

    public Estimate Distinct(FeaturePlan plan, KeySlot* slot, in TileEdge begin, in TileEdge end)
    {
        var columns = state.Layout.Distincts[plan.First];
        var registers = _tiles.RegistersColumn + (plan.First * HyperLogLog.Longs);
        Array.Clear(_registers);
        var isPrefix = state.Index.Has(slot) && begin.FirstRow(slot) == slot->Start && end.Row > slot->Start;
        if (isPrefix)
        {
            state.Index.AddDistinct(_registers, slot, plan.First, end.Row);
        }

        for (var row = begin.FirstRow(slot); row < end.Row && !isPrefix; row++)
        {
            var candidate = state.Row(slot, row);
            if (candidate[columns.HashColumn] != 0 && state.Passes(candidate, columns.Filter))
            {
                HyperLogLog.Add(_registers, candidate[columns.HashColumn]);
            }
        }

        var lastTile = end.LastTile(slot, withSplit: false);
        for (var tile = begin.FirstTile(withSplit: false); tile <= lastTile; tile++)
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

    public Estimate Newest(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, in TileEdge begin, in TileEdge end, long timeMs)
    {
        if (reader.Windows.Newest(plan, slot, begin.FirstRow(slot), end.Row) is >= 0 and var row)
        {
            return Estimate.Exact(ValueOf(plan, state.Row(slot, row), timeMs));
        }

        var isVague = end.Split >= 0 && _store.Tile(slot, end.Split)[measure.Column + TileMeasure.Count] > 0;
        var firstTile = begin.FirstTile(withSplit: true);
        for (var tile = end.LastTile(slot, withSplit: false); tile >= firstTile; tile--)
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
        state.Passes(row, plan.Feature.Filter) && (plan.First < 0 || row[plan.First] != EntityState.MissingValue);

    private double ValueOf(FeaturePlan plan, long* row, long timeMs) =>
        plan.Feature.Aggregate == Aggregate.SecondsSinceLast ? (timeMs - row[EntityLayout.TimeColumn]) / 1000.0 : row[plan.First] / units[plan.Value];

    public Estimate Decayed(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, in TileEdge begin, in TileEdge end, long timeMs)
    {
        var exact = reader.Decayed(plan, slot, begin.FirstRow(slot), end.Row, timeMs);
        var unit = plan.First < 0 ? 1 : units[plan.Value];
        var (low, high) = (0.0, 0.0);
        var lastTile = end.LastTile(slot, withSplit: true);
        for (var tile = begin.FirstTile(withSplit: true); tile <= lastTile; tile++)
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
}
