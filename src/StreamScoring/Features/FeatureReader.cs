using System.Runtime.CompilerServices;

namespace StreamScoring.Features;

/// <summary>
/// Computes an entity's features for one payment that was just added. Floating point appears in the
/// last step only.
/// </summary>
internal sealed unsafe class FeatureReader
{
    private readonly EntityState _state;
    private readonly FeaturePlan[] _plans;
    private readonly DifferencePlan[] _differences;
    private readonly Series[] _series;
    private readonly FeaturePlan[] _others;
    private readonly long[] _offsets;
    private readonly int[] _edges;
    private readonly double[] _units;
    private readonly TileReader _tiles;

    /// <param name="wanted">Which features it computes, by their index in the file.</param>
    public FeatureReader(EntityState state, Func<int, bool> wanted)
    {
        _state = state;
        _plans = [.. state.Layout.Plans.Where(plan => wanted(plan.Feature.Index))];
        _offsets = [.. state.Layout.Offsets];
        _edges = new int[_offsets.Length];
        _units = [.. state.Layout.Values.Select(value => value.Units)];
        _series = [.. state.Layout.Series];
        Windows = new WindowReader(state);
        _tiles = new TileReader(state, this, _units);
        _differences = [.. _plans.Where(plan => DifferencePlan.Fits(plan, _series)).Select(plan => new DifferencePlan(plan, plan.Value < 0 ? 1 : _units[plan.Value]))];
        _others = [.. _plans.Where(plan => !DifferencePlan.Fits(plan, _series))];
    }

    public WindowReader Windows { get; }

    /// <summary>Writes each feature's value into its column.</summary>
    /// <param name="row">The payment's row in its slot, or
    /// <see cref="EntityState.AmongTiles"/>.</param>
    /// <param name="values">[values] The payment's own numbers.</param>
    /// <param name="rowIndex">The payment's row in the batch.</param>
    public void Read(KeySlot* slot, int row, long timeMs, ReadOnlySpan<long> values, Batches.PaymentBatch batch, int rowIndex)
    {
        var features = batch.Features;
        var hints = _state.Hints(slot);
        var upToMs = slot->Tiles == null ? long.MinValue : TileStore.UpToMs(slot);
        for (var i = 0; i < _offsets.Length; i++)
        {
            var edgeMs = timeMs - _offsets[i];
            _edges[i] = edgeMs >= upToMs ? hints[i] = _state.UpperBound(slot, edgeMs, hints[i]) : EntityState.AmongTiles;
        }

        if (slot->Tiles != null)
        {
            ReadWithTiles(slot, row, timeMs, values, batch, rowIndex);
            return;
        }

        foreach (ref readonly var plan in _differences.AsSpan())
        {
            features.Column(plan.FeatureIndex)[rowIndex] = Value(plan, slot, row);
        }

        foreach (var plan in _others)
        {
            features.Column(plan.Feature.Index)[rowIndex] = Value(plan, slot, row, timeMs, values);
        }
    }

    private void ReadWithTiles(KeySlot* slot, int row, long timeMs, ReadOnlySpan<long> values, Batches.PaymentBatch batch, int rowIndex)
    {
        _tiles.Begin(slot, timeMs, _edges);
        foreach (ref readonly var plan in _differences.AsSpan())
        {
            if (row >= 0 && _edges[plan.Begin] >= 0)
            {
                // All of the window lies among the rows.
                batch.Features.Column(plan.FeatureIndex)[rowIndex] = Value(plan, slot, row);
                continue;
            }

            Write(_tiles.Read(plan.Index, slot, row, timeMs, values), batch, rowIndex, plan.FeatureIndex);
        }

        foreach (var plan in _others)
        {
            if (row >= 0 && plan.Begin >= 0 && _edges[plan.Begin] >= 0)
            {
                batch.Features.Column(plan.Feature.Index)[rowIndex] = Value(plan, slot, row, timeMs, values);
                continue;
            }

            Write(_tiles.Read(plan.Index, slot, row, timeMs, values), batch, rowIndex, plan.Feature.Index);
        }
    }

    private static void Write(Estimate estimate, Batches.PaymentBatch batch, int rowIndex, int featureIndex)
    {
        batch.Features.Column(featureIndex)[rowIndex] = estimate.Value;
        if (estimate.Bound != 0)
        {
            batch.MarkApproximate(rowIndex, featureIndex, estimate.Bound);
        }
    }

    /// <summary>
    /// Says of all of the entity's features that it is not known how far they are off.
    /// </summary>
    public void MarkUnbounded(Batches.PaymentBatch batch, int rowIndex)
    {
        foreach (var plan in _plans)
        {
            batch.MarkApproximate(rowIndex, plan.Feature.Index, double.NaN);
        }
    }

    /// <summary>What a payment without the entity's key gets.</summary>
    public void ReadMissing(Batches.FeatureMatrix features, int rowIndex)
    {
        foreach (var plan in _plans)
        {
            features.Column(plan.Feature.Index)[rowIndex] = double.NaN;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Value(in DifferencePlan plan, KeySlot* slot, int row)
    {
        var begin = _edges[plan.Begin] - 1;
        var end = plan.End >= 0 ? _edges[plan.End] - 1 : row - plan.SkippedAtEnd;
        var before = _state.Row(slot, begin);
        var upTo = _state.Row(slot, end);
        var count = plan.First >= 0 ? upTo[plan.First] - before[plan.First] : end - begin;
        if (plan.Aggregate == Aggregate.Count)
        {
            return count;
        }

        var total = unchecked(upTo[plan.Second] - before[plan.Second]);
        return plan.Aggregate switch
        {
            Aggregate.Sum => total / plan.Units,
            Aggregate.Mean => count == 0 ? double.NaN : total / (plan.Units * count),
            _ => count == 0 ? 0 : total / (double)count,
        };
    }

    private double Value(FeaturePlan plan, KeySlot* slot, int row, long timeMs, ReadOnlySpan<long> values)
    {
        var feature = plan.Feature;
        var end = plan.End >= 0 ? _edges[plan.End] : feature.ExcludesCurrent ? row : row + 1;
        var begin = plan.Begin >= 0 ? _edges[plan.Begin] : feature.Window.LastCount > 0 ? BeginOfLast(plan, slot, end) : slot->Start;
        return Value(plan, slot, row, begin, end, timeMs, values);
    }

    /// <param name="begin">The window's first row, and the one behind its last.</param>
    public double Value(FeaturePlan plan, KeySlot* slot, int row, int begin, int end, long timeMs, ReadOnlySpan<long> values)
    {
        switch (plan.Feature.Aggregate)
        {
            case Aggregate.Count:
                return Count(plan, slot, begin, end);
            case Aggregate.Risk:
                var payments = Count(plan, slot, begin, end);
                return payments == 0 ? 0 : Total(plan, plan.Second, slot, begin, end) / (double)payments;
            case Aggregate.Sum:
                return (double)Sum(plan, slot, begin, end) / _units[plan.Value];
            case Aggregate.Mean:
                var count = Count(plan, slot, begin, end);
                return count == 0 ? double.NaN : (double)Sum(plan, slot, begin, end) / (_units[plan.Value] * count);
            case Aggregate.StddevPopulation or Aggregate.StddevSample or Aggregate.Zscore:
                return Spread(plan, Count(plan, slot, begin, end), Sum(plan, slot, begin, end), Squares(plan, slot, begin, end), values);
            case Aggregate.Min or Aggregate.Max:
                return Extreme(plan, slot, begin, end);
            case Aggregate.Distinct:
                return Distinct(plan, slot, begin, end, timeMs);
            case Aggregate.Last:
                return Newest(plan, slot, begin, end, out _);
            case Aggregate.Previous:
                return Newest(plan, slot, begin, plan.End >= 0 ? end : row, out _);
            case Aggregate.SecondsSinceLast:
                Newest(plan, slot, begin, plan.End >= 0 ? end : row, out var newest);
                return newest < 0 ? double.NaN : (timeMs - _state.Row(slot, newest)[EntityLayout.TimeColumn]) / 1000.0;
            case Aggregate.FraudRun:
                return FraudsOfRun(plan, slot, BeginOfRun(plan, slot, begin, end), end);
            case Aggregate.SecondsSinceFraudRun:
                var first = FirstOfRun(plan, slot, BeginOfRun(plan, slot, begin, end), end);
                return first < 0 ? double.NaN : (timeMs - _state.Row(slot, first)[EntityLayout.TimeColumn]) / 1000.0;
            default:
                return Decayed(plan, slot, begin, end, timeMs);
        }
    }

    /// <returns>
    /// The first row later than the newest one that is known to be genuine. Of two at one time
    /// either may have come first, so neither is later.
    /// </returns>
    private int BeginOfRun(FeaturePlan plan, KeySlot* slot, int begin, int end) =>
        Windows.NewestPassing(plan.Feature.BreakFilter, slot, begin, end) is >= 0 and var genuine
            ? _state.UpperBound(slot, _state.Row(slot, genuine)[EntityLayout.TimeColumn], genuine + 1) : begin;

    private long FraudsOfRun(FeaturePlan plan, KeySlot* slot, int begin, int end) =>
        begin >= end ? 0 : _state.Row(slot, end - 1)[plan.First] - _state.Row(slot, begin - 1)[plan.First];

    /// <returns>The first row of the run that passes, found by the running count; -1 for
    /// none.</returns>
    private int FirstOfRun(FeaturePlan plan, KeySlot* slot, int begin, int end)
    {
        if (FraudsOfRun(plan, slot, begin, end) == 0)
        {
            return -1;
        }

        var before = _state.Row(slot, begin - 1)[plan.First];
        var (low, high) = (begin, end - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _state.Row(slot, middle)[plan.First] > before ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    /// <summary>Payments, or values, in the window.</summary>
    private long Count(FeaturePlan plan, KeySlot* slot, int begin, int end) =>
        plan.First >= 0 ? Total(plan, plan.First, slot, begin, end)
        : plan.Feature.Window.IsEver ? (long)slot->SequenceBase + end - 1
        : end - begin;

    private long Total(FeaturePlan plan, int column, KeySlot* slot, int begin, int end)
    {
        var upTo = _state.Row(slot, end - 1)[column];
        return plan.Feature.Window.IsEver ? upTo : unchecked(upTo - _state.Row(slot, begin - 1)[column]);
    }

    private Int128 Sum(FeaturePlan plan, KeySlot* slot, int begin, int end)
    {
        ref readonly var series = ref _series[plan.SecondSeries];
        var upTo = RowTotals.Sum(_state.Row(slot, end - 1), series);
        if (plan.Feature.Window.IsEver)
        {
            return upTo;
        }

        var total = unchecked(upTo - RowTotals.Sum(_state.Row(slot, begin - 1), series));
        // One word may have wrapped around between the two, and is right again when cut to one.
        return series.Words == 1 ? unchecked((long)total) : total;
    }

    private Int256 Squares(FeaturePlan plan, KeySlot* slot, int begin, int end)
    {
        ref readonly var series = ref _series[plan.ThirdSeries];
        var upTo = RowTotals.Squares(_state.Row(slot, end - 1), series);
        if (plan.Feature.Window.IsEver)
        {
            return upTo;
        }

        var total = upTo - RowTotals.Squares(_state.Row(slot, begin - 1), series);
        return series.Words == 2 ? total with { High = UInt128.Zero } : total;
    }

    /// <summary>
    /// From n, Σx and Σx² as whole numbers: n² times the variance is n Σx² − (Σx)², exactly.
    /// </summary>
    public double Spread(FeaturePlan plan, long count, Int128 sum, Int256 squares, ReadOnlySpan<long> values)
    {
        if (count == 0)
        {
            return double.NaN;
        }

        var spread = (double)(((Int128)count * squares) - ((Int256)sum * sum));
        switch (plan.Feature.Aggregate)
        {
            case Aggregate.StddevPopulation:
                return Math.Sqrt(spread) / (count * _units[plan.Value]);
            case Aggregate.StddevSample:
                return count < 2 ? double.NaN : Math.Sqrt(spread / ((double)count * (count - 1))) / _units[plan.Value];
            default:
                var value = values[plan.Value];
                return value == EntityState.MissingValue || spread == 0 ? double.NaN : (double)(((Int128)count * value) - sum) / Math.Sqrt(spread);
        }
    }

    private double Extreme(FeaturePlan plan, KeySlot* slot, int begin, int end)
    {
        var best = plan.Feature.Window.IsEver ? _state.Row(slot, end - 1)[plan.First] : Windows.Extreme(plan, slot, begin, end);
        return best == EntityState.MissingValue ? double.NaN : best / _units[plan.Value];
    }

    private int Distinct(FeaturePlan plan, KeySlot* slot, int begin, int end, long timeMs)
    {
        // Of equal times all are inside a window of time, or none; of the last n only some may be.
        var edgeMs = plan.Begin >= 0 ? timeMs - _offsets[plan.Begin]
            : plan.Feature.Window.LastCount > 0 && begin < end ? _state.Row(slot, begin)[EntityLayout.TimeColumn] : EntityState.MissingValue;
        return Windows.Distinct(plan, slot, begin, end, edgeMs);
    }

    /// <returns>The newest value in the window, NaN where there is none; without a value column
    /// only the row matters.</returns>
    private double Newest(FeaturePlan plan, KeySlot* slot, int begin, int end, out int row)
    {
        row = Windows.Newest(plan, slot, begin, end);
        return row < 0 || plan.First < 0 ? double.NaN : _state.Row(slot, row)[plan.First] / _units[plan.Value];
    }

    public double Decayed(FeaturePlan plan, KeySlot* slot, int begin, int end, long timeMs)
    {
        var total = Windows.Decayed(plan, slot, begin, end, timeMs);
        return plan.First < 0 ? total : total / _units[plan.Value];
    }

    /// <summary>The row from which on there are at most n payments that pass.</summary>
    public int BeginOfLast(FeaturePlan plan, KeySlot* slot, int end)
    {
        if (plan.LastCountColumn < 0)
        {
            return Math.Max(slot->Start, end - plan.Feature.Window.LastCount);
        }

        var upTo = _state.Row(slot, end - 1)[plan.LastCountColumn];
        var (low, high) = (slot->Start, end);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (upTo - _state.Row(slot, middle - 1)[plan.LastCountColumn] <= plan.Feature.Window.LastCount)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
