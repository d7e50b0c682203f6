using System.Numerics;

namespace StreamScoring.Features;

/// <summary>
/// The numbers of the chunks of a busy key's rows (<see cref="RowIndex"/>): how they are found from
/// the rows, and where they lie.
/// </summary>
internal sealed unsafe class ChunkSums(RowIndexLayout index, EntityRows rows, RowIndex state)
{
    private const int FlagsAt = 1, MeasuresAt = 2, BloomBits = 512, BloomBitsLog2 = 9;

    private readonly (int Column, int Filter)[] _measures = [.. index.Measures];
    private readonly (int Column, int Filter, long HalfLifeMs)[] _decays = [.. index.Decays];
    private readonly int[] _searched = [.. index.Searched];

    /// <summary>All flags of a chunk's rows.</summary>
    public long Flags(KeySlot* slot, int chunk) => state.Array(slot, FlagsAt)[chunk];

    public (long Smallest, long Largest) Extremes(KeySlot* slot, int chunk, int measure) =>
        (SmallestOf(slot, measure)[chunk], LargestOf(slot, measure)[chunk]);

    /// <inheritdoc cref="RowIndex.Extreme"/>
    public long Extreme(KeySlot* slot, int first, int end, int measure, bool isMin)
    {
        var values = new ReadOnlySpan<long>((isMin ? SmallestOf(slot, measure) : LargestOf(slot, measure)) + first, end - first);
        var turned = isMin ? 0L : -1L;
        var (extremes, turns, next) = (new Vector<long>(long.MaxValue), new Vector<long>(turned), 0);
        for (; next <= values.Length - Vector<long>.Count; next += Vector<long>.Count)
        {
            extremes = Vector.Min(extremes, new Vector<long>(values[next..]) ^ turns);
        }

        var extreme = long.MaxValue;
        for (var i = 0; i < Vector<long>.Count; i++)
        {
            extreme = Math.Min(extreme, extremes[i]);
        }

        for (; next < values.Length; next++)
        {
            extreme = Math.Min(extreme, values[next] ^ turned);
        }

        return extreme;
    }

    public long* Decayed(KeySlot* slot, int chunk, int decay)
    {
        var at = DecayAt(slot, chunk, decay);
        return at[0] == long.MaxValue ? null : at;
    }

    public bool MayHold(KeySlot* slot, int chunk, int search, long hash)
    {
        var bits = Bloom(slot, chunk, search);
        var (first, second) = BitsOf(hash);
        return ((bits[first >> 6] >> first) & (bits[second >> 6] >> second) & 1) != 0;
    }

    /// <summary>Makes room for the numbers of one more chunk.</summary>
    public void MoveUp(KeySlot* slot, int chunk, int count)
    {
        MoveUp(state.Array(slot, FlagsAt), chunk, count, longs: 1);
        for (var i = 0; i < _measures.Length; i++)
        {
            MoveUp(SmallestOf(slot, i), chunk, count, longs: 1);
            MoveUp(LargestOf(slot, i), chunk, count, longs: 1);
        }

        for (var i = 0; i < _decays.Length; i++)
        {
            MoveUp(DecayAt(slot, 0, i), chunk, count, RowIndexLayout.DecayLongs);
        }

        for (var i = 0; i < _searched.Length; i++)
        {
            MoveUp(Bloom(slot, 0, i), chunk, count, RowIndexLayout.BloomLongs);
        }
    }

    /// <summary>Finds a chunk's numbers from its rows.</summary>
    public void SumUp(KeySlot* slot, int chunk, int first, int end)
    {
        var flags = 0L;
        if (index.FlagsColumn >= 0)
        {
            for (var row = first; row < end; row++)
            {
                flags |= rows.Row(slot, row)[index.FlagsColumn];
            }
        }

        state.Array(slot, FlagsAt)[chunk] = flags;
        for (var i = 0; i < _measures.Length; i++)
        {
            var (smallest, largest) = (long.MaxValue, long.MinValue);
            for (var row = first; row < end; row++)
            {
                var at = rows.Row(slot, row);
                var value = at[_measures[i].Column];
                if (value != EntityState.MissingValue && rows.Passes(at, _measures[i].Filter))
                {
                    (smallest, largest) = (Math.Min(smallest, value), Math.Max(largest, value));
                }
            }

            (SmallestOf(slot, i)[chunk], LargestOf(slot, i)[chunk]) = (smallest, largest);
        }

        for (var i = 0; i < _decays.Length; i++)
        {
            SumUpDecayed(slot, first, end, DecayAt(slot, chunk, i), _decays[i]);
        }

        for (var i = 0; i < _searched.Length; i++)
        {
            var bits = new Span<long>(Bloom(slot, chunk, i), RowIndexLayout.BloomLongs);
            bits.Clear();
            for (var row = first; row < end; row++)
            {
                var (one, another) = BitsOf(rows.Row(slot, row)[_searched[i]]);
                bits[one >> 6] |= 1L << one;
                bits[another >> 6] |= 1L << another;
            }
        }
    }

    private void SumUpDecayed(KeySlot* slot, int first, int end, long* into, (int Column, int Filter, long HalfLifeMs) decay)
    {
        if (first == end)
        {
            new Span<long>(into, RowIndexLayout.DecayLongs).Clear();
            return;
        }

        var segmentMs = DecayWeight.SegmentMs(decay.HalfLifeMs);
        var firstSegment = EntityLayout.IndexOf(rows.Row(slot, first)[EntityLayout.TimeColumn], segmentMs);
        var lastSegment = EntityLayout.IndexOf(rows.Row(slot, end - 1)[EntityLayout.TimeColumn], segmentMs);
        var (early, late) = (Int128.Zero, Int128.Zero);
        for (var row = first; row < end; row++)
        {
            var at = rows.Row(slot, row);
            var value = decay.Column < 0 ? 1 : at[decay.Column];
            if (value == EntityState.MissingValue || !rows.Passes(at, decay.Filter))
            {
                continue;
            }

            var timeMs = at[EntityLayout.TimeColumn];
            if (timeMs < (firstSegment + 1) * segmentMs)
            {
                early += (Int128)value * DecayWeight.Of(timeMs - (firstSegment * segmentMs), decay.HalfLifeMs);
            }
            else if (timeMs >= lastSegment * segmentMs)
            {
                late += (Int128)value * DecayWeight.Of(timeMs - (lastSegment * segmentMs), decay.HalfLifeMs);
            }
            else
            {
                into[0] = long.MaxValue;
                return;
            }
        }

        (into[0], into[1]) = (firstSegment, lastSegment);
        (into[2], into[3]) = ((long)(ulong)early, (long)(ulong)(early >> 64));
        (into[4], into[5]) = ((long)(ulong)late, (long)(ulong)(late >> 64));
    }

    private static void MoveUp(long* array, int chunk, int count, int longs) =>
        new ReadOnlySpan<long>(array + (chunk * longs), (count - chunk) * longs).CopyTo(new Span<long>(array + ((chunk + 1) * longs), (count - chunk) * longs));

    private long* SmallestOf(KeySlot* slot, int measure) => state.Array(slot, MeasuresAt + (2 * measure));

    private long* LargestOf(KeySlot* slot, int measure) => state.Array(slot, MeasuresAt + (2 * measure) + 1);

    private long* DecayAt(KeySlot* slot, int chunk, int decay) =>
        state.Array(slot, MeasuresAt + (2 * _measures.Length) + (RowIndexLayout.DecayLongs * decay)) + (RowIndexLayout.DecayLongs * chunk);

    private long* Bloom(KeySlot* slot, int chunk, int search) =>
        state.Array(slot, MeasuresAt + (2 * _measures.Length) + (RowIndexLayout.DecayLongs * _decays.Length) + (RowIndexLayout.BloomLongs * search))
        + (RowIndexLayout.BloomLongs * chunk);

    private (int First, int Second) BitsOf(long hash)
    {
        var mixed = state.Mix(hash);
        return ((int)(mixed >> (64 - BloomBitsLog2)), (int)(mixed >> (64 - (2 * BloomBitsLog2))) & (BloomBits - 1));
    }
}
