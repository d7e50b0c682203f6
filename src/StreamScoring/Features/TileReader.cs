namespace StreamScoring.Features;

/// <summary>
/// Computes features of a hot key. A window whose begin and end lie among the rows, or between two
/// tiles, is exact wherever totals say it.
/// </summary>
internal sealed unsafe class TileReader
{
    private readonly FeatureReader _reader;
    private readonly TileEdges _edges;
    private readonly TileDifferences _differences;
    private readonly TileWalks _walks;
    private readonly Plan[] _plans;

    public TileReader(EntityState state, FeatureReader reader, double[] units)
    {
        _reader = reader;
        _edges = new TileEdges(state, reader);
        _differences = new TileDifferences(state, reader, _edges, units);
        _walks = new TileWalks(state, reader, units);
        var tiles = state.Tiles.Layout;
        _plans = [.. state.Layout.Plans.Select(plan => new Plan(plan, tiles.Measures[tiles.MeasureOfPlan[plan.Index]]))];
    }

    /// <summary>A feature, with what is decided of it once.</summary>
    private readonly struct Plan(FeaturePlan of, TileMeasure measure)
    {
        public readonly FeaturePlan Of = of;
        public readonly TileMeasure Measure = measure;
        public readonly Aggregate Aggregate = of.Feature.Aggregate;
        public readonly bool IsByLabel = of.Feature.IsByLabel;
        public readonly bool IsOfLast = of.Feature.Window.LastCount > 0;
        public readonly bool IsEver = of.Feature.Window.IsEver;
        public readonly bool SkipsCurrent = of.Feature.ExcludesCurrent || of.Feature.Aggregate is Aggregate.Previous or Aggregate.SecondsSinceLast;

        /// <summary>
        /// Whether each event carries what the aggregate of all time up to it is.
        /// </summary>
        public readonly bool IsCarried = of.Feature.Window.IsEver && of.Feature.Aggregate is
            Aggregate.Count or Aggregate.Sum or Aggregate.Mean or Aggregate.Min or Aggregate.Max
            or Aggregate.StddevPopulation or Aggregate.StddevSample or Aggregate.Zscore;
    }

    /// <inheritdoc cref="TileEdges.Begin"/>
    public void Begin(KeySlot* slot, long timeMs, ReadOnlySpan<int> rows) => _edges.Begin(slot, timeMs, rows);

    /// <param name="planIndex">Which of the entity's features.</param>
    /// <param name="row">The payment's row, or <see cref="EntityState.AmongTiles"/>.</param>
    public Estimate Read(int planIndex, KeySlot* slot, int row, long timeMs, ReadOnlySpan<long> values)
    {
        ref readonly var plan = ref _plans[planIndex];
        var end = _edges.EndOf(plan.Of, plan.SkipsCurrent, slot, row, timeMs);
        var begin = _edges.BeginOf(plan.Of, slot, end);
        if (plan.IsByLabel && !(begin.IsAmongRows && end.IsAmongRows))
        {
            // A label that came after its payment was put into a tile changed nothing there, so of
            // what lies in tiles nothing is told.
            return Estimate.Unbounded(_reader.Value(plan.Of, slot, row, begin.FirstRow(slot), end.FirstRow(slot), timeMs, values));
        }

        if (end.IsAmongRows && (begin.IsAmongRows || plan.IsCarried))
        {
            return Estimate.Exact(_reader.Value(plan.Of, slot, row, begin.FirstRow(slot), end.Row, timeMs, values));
        }

        var estimate = plan.Aggregate switch
        {
            Aggregate.Count => _differences.Count(plan.Of, plan.Measure, slot, begin, end),
            Aggregate.Risk => _differences.Risk(plan.Of, plan.Measure, slot, begin, end),
            Aggregate.Sum => _differences.Sum(plan.Of, plan.Measure, slot, begin, end),
            Aggregate.Mean => _differences.Mean(plan.Of, plan.Measure, slot, begin, end),
            Aggregate.StddevPopulation or Aggregate.StddevSample or Aggregate.Zscore => _differences.Spread(plan.Of, slot, begin, end, values),
            Aggregate.Min or Aggregate.Max when plan.IsEver => _differences.ExtremeEver(plan.Of, end),
            Aggregate.Min or Aggregate.Max => _walks.Extreme(plan.Of, plan.Measure, slot, begin, end),
            Aggregate.Distinct => _walks.Distinct(plan.Of, slot, begin, end),
            Aggregate.Last or Aggregate.Previous or Aggregate.SecondsSinceLast => _walks.Newest(plan.Of, plan.Measure, slot, begin, end, timeMs),
            _ => _walks.Decayed(plan.Of, plan.Measure, slot, begin, end, timeMs),
        };
        // The last n up to a time within a tile begin nobody knows where; and that the payment
        // itself is left out cannot be told in a tile.
        var isVague = (plan.IsOfLast && end.Split >= 0) || (row < 0 && plan.SkipsCurrent && plan.Of.End < 0);
        return isVague ? Estimate.Unbounded(estimate.Value) : estimate;
    }
}
