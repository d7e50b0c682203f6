using System.Numerics;

namespace StreamScoring.Features;

/// <summary>
/// What windows over rows hold where no difference of totals says it: extremes, distinct values,
/// the newest payment, decayed sums. Rows at the window's edges are looked at one by one, those
/// between by chunks where the key has an index (<see cref="RowIndex"/>).
/// </summary>
internal sealed unsafe class WindowReader
{
    /// <summary>
    /// Rows that are looked at before chunks are: the newest payment is mostly among them.
    /// </summary>
    private const int NearRows = 16;

    private const int SeenLog2 = 14;

    private readonly EntityState _state;
    private readonly RowIndex _index;
    private readonly int[] _measures;
    private readonly int[] _decays;
    private readonly DistinctColumns[] _distincts;

    /// <summary>
    /// Hashes seen in one walk, by open addressing; a walk has its own number, so nothing is
    /// cleared between two.
    /// </summary>
    private readonly (long Hash, int Walk, int Row)[] _seen;
    private int _walk;

    public WindowReader(EntityState state)
    {
        (_state, _index) = (state, state.Index);
        (_measures, _decays) = (_index.Layout.MeasureOfPlan, _index.Layout.DecayOfPlan);
        _distincts = [.. state.Layout.Distincts];
        _seen = new (long, int, int)[state.Layout.Plans.Any(plan => plan.Feature is { Aggregate: Aggregate.Distinct, Window.LastCount: > 0 }) ? 1 << SeenLog2 : 0];
    }

    /// <summary>The smallest or largest value.</summary>
    /// <returns><see cref="EntityState.MissingValue"/> where there is none.</returns>
    public long Extreme(FeaturePlan plan, KeySlot* slot, int begin, int end)
    {
        var isMin = plan.Feature.Aggregate == Aggregate.Min;
        // Of a maximum the numbers are turned around, bit by bit, so that no number falls out.
        var best = long.MaxValue;
        if (!_index.Has(slot))
        {
            best = ExtremeOfRows(plan, slot, begin, end, isMin, best);
            return best == long.MaxValue ? EntityState.MissingValue : isMin ? best : ~best;
        }

        _index.Make(slot);
        var (chunk, endChunk) = (_index.ChunkOf(slot, begin), _index.ChunkOf(slot, end));
        if (chunk < endChunk && _index.FirstRow(slot, chunk) != begin)
        {
            best = ExtremeOfRows(plan, slot, begin, _index.EndRow(slot, chunk), isMin, best);
            begin = _index.EndRow(slot, chunk++);
        }

        if (chunk < endChunk)
        {
            best = Math.Min(best, _index.Extreme(slot, chunk, endChunk, _measures[plan.Index], isMin));
            begin = _index.FirstRow(slot, endChunk);
        }

        best = ExtremeOfRows(plan, slot, begin, end, isMin, best);
        return best == long.MaxValue ? EntityState.MissingValue : isMin ? best : ~best;
    }

    /// <summary>A value counts where it stands first in the window.</summary>
    /// <param name="edgeMs">The newest time that lies before the window.</param>
    public int Distinct(FeaturePlan plan, KeySlot* slot, int begin, int end, long edgeMs)
    {
        var isLast = plan.Feature.Window.LastCount > 0;
        if (!_index.Has(slot) || end - begin < NearRows)
        {
            return DistinctOfRows(plan, slot, begin, end, edgeMs, isLast);
        }

        _index.Make(slot);
        var previous = new ReadOnlySpan<long>(_index.Previous(slot, plan.First) + begin, end - begin);
        // Of the last n some may have the time of the first and stand before it: then it is not
        // told by the time alone.
        return isLast && previous.Contains(edgeMs) ? DistinctOfRows(plan, slot, begin, end, edgeMs, isLast) : CountUpTo(previous, edgeMs);
    }

    /// <returns>The newest row that passes the filter and has the value, if one is asked for; -1
    /// where there is none.</returns>
    public int Newest(FeaturePlan plan, KeySlot* slot, int begin, int end)
    {
        var near = Math.Max(begin, end - NearRows);
        for (var row = end - 1; row >= near; row--)
        {
            if (IsCandidate(plan, _state.Row(slot, row)))
            {
                return row;
            }
        }

        return near > begin ? _index.LastPassing(slot, plan.Feature.Filter, plan.First, _measures[plan.Index], begin, near) : -1;
    }

    /// <returns>The newest row that passes a filter, -1 where there is none.</returns>
    public int NewestPassing(int filter, KeySlot* slot, int begin, int end)
    {
        var near = Math.Max(begin, end - NearRows);
        for (var row = end - 1; row >= near; row--)
        {
            if (_state.Passes(_state.Row(slot, row), filter))
            {
                return row;
            }
        }

        return near > begin ? _index.LastPassing(slot, filter, column: -1, measure: -1, begin, near) : -1;
    }

    /// <summary>The decayed sum, in units of the value.</summary>
    public double Decayed(FeaturePlan plan, KeySlot* slot, int begin, int end, long timeMs)
    {
        var halfLifeMs = plan.Feature.HalfLifeMs;
        var segmentMs = DecayWeight.SegmentMs(halfLifeMs);
        var oldest = EntityLayout.IndexOf(timeMs, segmentMs) - (DecayWeight.Segments - 1);
        Span<Int128> sums = stackalloc Int128[DecayWeight.Segments];
        sums.Clear();
        if (!_index.Has(slot))
        {
            AddDecayed(plan, slot, begin, end, oldest, sums);
        }
        else
        {
            AddDecayedChunks(plan, slot, begin, end, oldest, sums);
        }

        var total = 0.0;
        for (var segment = 0; segment < sums.Length; segment++)
        {
            total += sums[segment] == Int128.Zero ? 0 : (double)sums[segment] * DecayWeight.Scale(timeMs - ((oldest + segment) * segmentMs), halfLifeMs);
        }

        return total;
    }

    private bool IsCandidate(FeaturePlan plan, long* row) =>
        _state.Passes(row, plan.Feature.Filter) && (plan.First < 0 || row[plan.First] != EntityState.MissingValue);

    private long ExtremeOfRows(FeaturePlan plan, KeySlot* slot, int begin, int end, bool isMin, long best)
    {
        var (column, filter, stride) = (plan.First, plan.Feature.Filter, _state.Layout.Stride);
        var candidate = _state.Row(slot, begin);
        for (var row = begin; row < end; row++, candidate += stride)
        {
            var value = candidate[column];
            if (value != EntityState.MissingValue && _state.Passes(candidate, filter))
            {
                best = Math.Min(best, isMin ? value : ~value);
            }
        }

        return best;
    }

    private static int CountUpTo(ReadOnlySpan<long> times, long edgeMs)
    {
        var (counts, edge, next) = (Vector<long>.Zero, new Vector<long>(edgeMs), 0);
        for (; next <= times.Length - Vector<long>.Count; next += Vector<long>.Count)
        {
            // True is -1.
            counts -= Vector.LessThanOrEqual(new Vector<long>(times[next..]), edge);
        }

        var count = (int)Vector.Sum(counts);
        for (; next < times.Length; next++)
        {
            count += times[next] <= edgeMs ? 1 : 0;
        }

        return count;
    }

    private int DistinctOfRows(FeaturePlan plan, KeySlot* slot, int begin, int end, long edgeMs, bool isLast)
    {
        ref readonly var columns = ref _distincts[plan.First];
        var (distinct, isSeen) = (0, false);
        for (var row = begin; row < end; row++)
        {
            var candidate = _state.Row(slot, row);
            var previousMs = candidate[columns.PreviousColumn];
            if (candidate[columns.HashColumn] == 0 || previousMs > edgeMs || !_state.Passes(candidate, columns.Filter))
            {
                continue;
            }

            if (!isLast || previousMs < edgeMs)
            {
                distinct++;
                continue;
            }

            isSeen = isSeen || SeeRowsAt(columns, slot, begin, end, edgeMs);
            var seen = FirstSeen(candidate[columns.HashColumn]);
            distinct += seen < 0 || seen == row ? 1 : 0;
        }

        return distinct;
    }

    /// <summary>
    /// Notes of the window's rows that have the first one's time where each value stands first.
    /// </summary>
    /// <returns>True.</returns>
    private bool SeeRowsAt(in DistinctColumns columns, KeySlot* slot, int begin, int end, long edgeMs)
    {
        _walk++;
        for (var row = begin; row < end && _state.Row(slot, row)[EntityLayout.TimeColumn] == edgeMs; row++)
        {
            var candidate = _state.Row(slot, row);
            var hash = candidate[columns.HashColumn];
            if (hash == 0 || !_state.Passes(candidate, columns.Filter))
            {
                continue;
            }

            int at;
            for (at = SeenAt(hash); _seen[at].Walk == _walk && _seen[at].Hash != hash; at = (at + 1) & (_seen.Length - 1))
            {
            }

            if (_seen[at].Walk != _walk)
            {
                _seen[at] = (hash, _walk, row);
            }
        }

        return true;
    }

    /// <returns>-1 where it was not seen.</returns>
    private int FirstSeen(long hash)
    {
        for (var at = SeenAt(hash); _seen[at].Walk == _walk; at = (at + 1) & (_seen.Length - 1))
        {
            if (_seen[at].Hash == hash)
            {
                return _seen[at].Row;
            }
        }

        return -1;
    }

    private int SeenAt(long hash) => (int)(_index.Mix(hash) >> (64 - SeenLog2));

    private void AddDecayed(FeaturePlan plan, KeySlot* slot, int begin, int end, long oldest, Span<Int128> sums)
    {
        var (segmentMs, segment) = (DecayWeight.SegmentMs(plan.Feature.HalfLifeMs), 0);
        var segmentBeginMs = oldest * segmentMs;
        for (var row = begin; row < end; row++)
        {
            var candidate = _state.Row(slot, row);
            var placeMs = candidate[EntityLayout.TimeColumn] - segmentBeginMs;
            if (placeMs < 0)
            {
                continue;
            }

            for (; placeMs >= segmentMs; placeMs -= segmentMs)
            {
                (segment, segmentBeginMs) = (segment + 1, segmentBeginMs + segmentMs);
            }

            var value = plan.First < 0 ? 1 : candidate[plan.First];
            if (value != EntityState.MissingValue && _state.Passes(candidate, plan.Feature.Filter))
            {
                sums[segment] += (Int128)value * DecayWeight.Of(placeMs, plan.Feature.HalfLifeMs);
            }
        }
    }

    private void AddDecayedChunks(FeaturePlan plan, KeySlot* slot, int begin, int end, long oldest, Span<Int128> sums)
    {
        _index.Make(slot);
        var decay = _decays[plan.Index];
        var chunk = _index.ChunkOf(slot, begin);
        while (begin < end)
        {
            var chunkEnd = _index.EndRow(slot, chunk);
            var isWhole = chunk < _index.WholeChunks(slot) && chunkEnd <= end && _index.FirstRow(slot, chunk) == begin;
            var summed = isWhole ? _index.Decayed(slot, chunk, decay) : null;
            if (summed != null)
            {
                Add(summed[0] - oldest, summed + 2, sums);
                Add(summed[1] - oldest, summed + 4, sums);
            }
            else
            {
                AddDecayed(plan, slot, begin, Math.Min(chunkEnd, end), oldest, sums);
            }

            (begin, chunk) = (chunkEnd, chunk + 1);
        }

        static void Add(long segment, long* sum, Span<Int128> sums)
        {
            if (segment >= 0)
            {
                sums[(int)segment] += new Int128((ulong)sum[1], (ulong)sum[0]);
            }
        }
    }
}
