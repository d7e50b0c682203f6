namespace StreamScoring.Features;

/// <summary>
/// Features of a hot key that the running totals tell. Of a tile that an edge falls into anything
/// between none and all may be inside, and the value says so.
/// </summary>
internal sealed unsafe class TileDifferences(EntityState state, FeatureReader reader, TileEdges edges, double[] units)
{
    private readonly TileStore _store = state.Tiles;
    private readonly int _doubtfulColumn = state.Tiles.Layout.DoubtfulColumn;

    public Estimate Count(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, in TileEdge begin, in TileEdge end)
    {
        var certain = edges.Certain(slot, begin, end, plan.First);
        return Estimate.Between(certain, (double)certain + Split(slot, begin, end, measure.Column + TileMeasure.Count));
    }

    public Estimate Sum(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, in TileEdge begin, in TileEdge end)
    {
        var certain = edges.CertainSum(begin, end, plan.SecondSeries);
        return Estimate.Between(
            TotalWidth.ToDouble(certain + SplitSum(slot, begin, end, measure.Column + TileMeasure.Negative)) / units[plan.Value],
            TotalWidth.ToDouble(certain + SplitSum(slot, begin, end, measure.Column + TileMeasure.Positive)) / units[plan.Value]);
    }

    /// <summary>
    /// It is furthest off where of each split tile nothing is inside, or everything and all of it
    /// at one end of its range.
    /// </summary>
    public Estimate Mean(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, in TileEdge begin, in TileEdge end)
    {
        var (count, sum) = (edges.Certain(slot, begin, end, plan.First), TotalWidth.ToDouble(edges.CertainSum(begin, end, plan.SecondSeries)));
        if (begin.Split < 0 && end.Split < 0)
        {
            return Estimate.Exact(count == 0 ? double.NaN : sum / (units[plan.Value] * count));
        }

        var (low, high) = count > 0 ? (sum / count, sum / count) : (double.PositiveInfinity, double.NegativeInfinity);
        var endSplit = TileEdge.IsOneTile(begin, end) ? -1 : end.Split;
        Reach(slot, begin.Split, endSplit, measure.Column, count, sum, ref low, ref high);
        Reach(slot, endSplit, -1, measure.Column, count, sum, ref low, ref high);
        var estimate = low > high ? Estimate.Unbounded(double.NaN) : Estimate.Between(low / units[plan.Value], high / units[plan.Value]);
        return count > 0 ? estimate : Estimate.Unbounded(estimate.Value);
    }

    public Estimate Risk(FeaturePlan plan, in TileMeasure measure, KeySlot* slot, in TileEdge begin, in TileEdge end)
    {
        var (payments, frauds) = (edges.Certain(slot, begin, end, plan.First), edges.Certain(slot, begin, end, plan.Second));
        var split = Split(slot, begin, end, measure.Column + TileMeasure.Count);
        var splitFrauds = begin.Split >= 0 ? FraudsOf(slot, begin.Split, plan.Second) : 0;
        splitFrauds += end.Split >= 0 && !TileEdge.IsOneTile(begin, end) ? FraudsOf(slot, end.Split, plan.Second) : 0;
        var doubtful = 0L;
        var lastTile = end.LastTile(slot, withSplit: true);
        for (var tile = begin.FirstTile(withSplit: true); tile <= lastTile; tile++)
        {
            if (TileGroups.IsWhole(tile, lastTile))
            {
                doubtful += _store.Groups.Doubtful(slot, tile);
                tile += TileGroups.Tiles - 1;
                continue;
            }

            doubtful += _store.Tile(slot, tile)[_doubtfulColumn];
        }

        var low = Ratio(frauds - doubtful, payments + split - splitFrauds);
        var high = Ratio(frauds + splitFrauds + doubtful, payments + splitFrauds);
        return Estimate.Between(Math.Min(low, high), high);

        static double Ratio(long part, long whole) => Math.Clamp(whole <= 0 ? (part > 0 ? 1 : 0) : part / (double)whole, 0, 1);
    }

    public Estimate Spread(FeaturePlan plan, KeySlot* slot, in TileEdge begin, in TileEdge end, ReadOnlySpan<long> values)
    {
        // With the whole of the tiles that the edges fall into.
        var value = reader.Spread(
            plan, edges.Possible(slot, begin, end, plan.First), edges.PossibleSum(begin, end, plan.SecondSeries), edges.PossibleSquares(begin, end, plan.ThirdSeries),
            values);
        return begin.Split < 0 && end.Split < 0 ? Estimate.Exact(value) : Estimate.Unbounded(value);
    }

    public Estimate ExtremeEver(FeaturePlan plan, in TileEdge end)
    {
        var (low, high) = (end.Low[plan.First], end.High[plan.First]);
        return high == EntityState.MissingValue ? Estimate.Exact(double.NaN)
            : low == EntityState.MissingValue ? Estimate.Unbounded(high / units[plan.Value])
            : Estimate.Between(Math.Min(low, high) / units[plan.Value], Math.Max(low, high) / units[plan.Value]);
    }

    /// <returns>A number of the tiles that the edges fall into, added up.</returns>
    private long Split(KeySlot* slot, in TileEdge begin, in TileEdge end, int column) =>
        (begin.Split >= 0 ? _store.Tile(slot, begin.Split)[column] : 0)
        + (end.Split >= 0 && !TileEdge.IsOneTile(begin, end) ? _store.Tile(slot, end.Split)[column] : 0);

    /// <returns>A sum of the tiles that the edges fall into, added up.</returns>
    private Int128 SplitSum(KeySlot* slot, in TileEdge begin, in TileEdge end, int column) =>
        (begin.Split >= 0 ? TileMeasure.Sum(_store.Tile(slot, begin.Split) + column) : 0)
        + (end.Split >= 0 && !TileEdge.IsOneTile(begin, end) ? TileMeasure.Sum(_store.Tile(slot, end.Split) + column) : 0);

    private long FraudsOf(KeySlot* slot, int tile, int column) => _store.Tile(slot, tile)[column] - edges.BeforeTile(slot, tile, column);

    /// <summary>Widens a mean's range by one tile, and then another beside it.</summary>
    private void Reach(KeySlot* slot, int tile, int another, int column, double count, double sum, ref double low, ref double high)
    {
        if (tile < 0)
        {
            return;
        }

        var measure = _store.Tile(slot, tile) + column;
        if (measure[TileMeasure.Count] == 0)
        {
            return;
        }

        count += measure[TileMeasure.Count];
        var least = sum + (measure[TileMeasure.Count] * (double)measure[TileMeasure.Smallest]);
        var most = sum + (measure[TileMeasure.Count] * (double)measure[TileMeasure.Largest]);
        (low, high) = (Math.Min(low, least / count), Math.Max(high, most / count));
        Reach(slot, another, -1, column, count, least, ref low, ref high);
        Reach(slot, another, -1, column, count, most, ref low, ref high);
    }
}
