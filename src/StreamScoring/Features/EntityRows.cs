using System.Runtime.CompilerServices;

namespace StreamScoring.Features;

/// <summary>
/// The rows of an entity's keys: where they lie, how they are found, how room is made. Rows of a
/// key lie side by side, sorted by event time and among equal times by arrival. The memory is
/// pinned, so rows are reached by pointer: with the prefetch that makes possible, a fold costs a
/// few cache misses less (load-tests: <c>fold</c>).
/// </summary>
internal sealed unsafe class EntityRows
{
    /// <summary>
    /// Rows of a new key's block: the totals before the first event, and three events.
    /// </summary>
    private const int FirstRowsLog2 = 2;

    private readonly EntityLayout _layout;
    private readonly KeptCount[] _kept;
    private readonly int _stride;
    private readonly int _headLongs;

    public EntityRows(EntityLayout layout, StateMemory memory, SlotHash hash)
    {
        _layout = layout;
        _kept = [.. layout.Kept];
        _stride = layout.Stride;
        // In front of the rows: the key's hash, by which a block that moves finds its slot; then
        // for each offset a hint where it fell last time, two to a long: a cache, not state.
        _headLongs = 1 + ((layout.Offsets.Count + 1) / 2);
        var index = new RowIndexLayout(layout);
        Slab = new BlockSlab(memory, rowsLog2 => _headLongs + ((long)_stride << rowsLog2) + index.LongsOf(rowsLog2));
        Index = new RowIndex(layout, index, this, _headLongs, hash);
    }

    public BlockSlab Slab { get; }

    /// <summary>Behind the rows of busy keys: what spares a look at each.</summary>
    public RowIndex Index { get; }

    public int* Hints(KeySlot* slot) => (int*)(slot->Block + 1);

    public long* Row(KeySlot* slot, int row) => slot->Block + _headLongs + ((long)row * _stride);

    /// <summary>Whether an event is a payment that passes the filter.</summary>
    public bool Passes(long* row, int filter) => _layout.FlagsColumn < 0 || (row[_layout.FlagsColumn] & (1L << filter)) != 0;

    /// <returns>The size of the block that a new key with so many rows takes.</returns>
    public static int RowsLog2Of(int rowCount)
    {
        var rowsLog2 = FirstRowsLog2;
        while ((1 << rowsLog2) < rowCount + 1)
        {
            rowsLog2++;
        }

        return rowsLog2;
    }

    /// <summary>Gives a new key a block, and a row of zeros before the first.</summary>
    /// <param name="hash">The key's (<see cref="KeyTable.HashOf"/>).</param>
    public void Begin(KeySlot* slot, int rowsLog2, ulong hash)
    {
        slot->Block = Slab.Rent(rowsLog2);
        slot->RowsLog2 = (byte)rowsLog2;
        (slot->Start, slot->End) = (1, 1);
        slot->NewestMs = long.MinValue;
        new Span<long>(slot->Block, _headLongs + _stride).Clear();
        Index.Forget(slot);
        slot->Block[0] = (long)hash;
    }

    /// <summary>Takes back what a key had.</summary>
    public void End(KeySlot* slot) => Slab.Return(slot->Block, slot->RowsLog2);

    /// <returns>The first row of the key whose time is greater than the given one.</returns>
    /// <param name="hint">Where it may well be, or be near; any number will do.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int UpperBound(KeySlot* slot, long timeMs, int hint)
    {
        // Time mostly moves on by a little, so the edge is mostly where it was or a few rows on.
        var at = Math.Clamp(hint, slot->Start, slot->End);
        var row = Row(slot, at);
        return (at == slot->Start || row[EntityLayout.TimeColumn - _stride] <= timeMs) && (at == slot->End || row[EntityLayout.TimeColumn] > timeMs)
            ? at
            : UpperBoundNear(slot, timeMs, at);
    }

    /// <summary>
    /// Searches in steps that double, so that how much is looked at follows from how far the edge
    /// moved, not from how many rows there are.
    /// </summary>
    /// <param name="at">From the first row to one behind the last.</param>
    private int UpperBoundNear(KeySlot* slot, long timeMs, int at)
    {
        var (low, high) = (slot->Start, slot->End);
        if (at < high && Row(slot, at)[EntityLayout.TimeColumn] <= timeMs)
        {
            low = at + 1;
            for (var step = 1; low < high; step *= 2)
            {
                var probe = Math.Min(low + step, high) - 1;
                if (Row(slot, probe)[EntityLayout.TimeColumn] > timeMs)
                {
                    high = probe;
                    break;
                }

                low = probe + 1;
            }
        }
        else
        {
            high = at - 1;
            for (var step = 1; low < high; step *= 2)
            {
                var probe = Math.Max(high - step, low);
                if (Row(slot, probe)[EntityLayout.TimeColumn] <= timeMs)
                {
                    low = probe + 1;
                    break;
                }

                high = probe;
            }
        }

        while (low < high)
        {
            var middle = (int)(((uint)low + (uint)high) / 2);
            if (Row(slot, middle)[EntityLayout.TimeColumn] <= timeMs)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>
    /// Whether the block has room for one more row; what no feature can see any more makes room for
    /// it.
    /// </summary>
    public bool HasRoom(KeySlot* slot, long watermarkMs)
    {
        var rowsMax = 1 << slot->RowsLog2;
        if (slot->End < rowsMax)
        {
            return true;
        }

        // The row before the first keeps carrying the totals of those that go.
        slot->Start = FirstNeeded(slot, watermarkMs);
        var first = slot->Start - 1;
        if (first * 4 < rowsMax)
        {
            return false;
        }

        Move(slot, from: first, to: 0, count: slot->End - first);
        Renumber(slot, first);
        return true;
    }

    /// <summary>Moves the rows to a block of twice the size.</summary>
    public void Grow(KeySlot* slot)
    {
        var (grown, first) = ((nint)Slab.Rent(slot->RowsLog2 + 1), slot->Start - 1);
        var count = slot->End - first;
        new ReadOnlySpan<long>(slot->Block, _headLongs).CopyTo(new Span<long>((long*)grown, _headLongs));
        new ReadOnlySpan<long>(Row(slot, first), count * _stride).CopyTo(new Span<long>((long*)grown + _headLongs, count * _stride));
        Slab.Return(slot->Block, slot->RowsLog2);
        slot->Block = (long*)grown;
        slot->RowsLog2++;
        Renumber(slot, first);
    }

    /// <summary>
    /// Makes an empty row behind all events whose time is at most the given one; there must be
    /// room.
    /// </summary>
    public int Open(KeySlot* slot, long timeMs)
    {
        Invariant.Require(slot->End < 1 << slot->RowsLog2);
        var row = slot->End;
        if (row > slot->Start && Row(slot, row - 1)[EntityLayout.TimeColumn] > timeMs)
        {
            // Late: the events after it move up by one.
            row = UpperBound(slot, timeMs, slot->End);
            Move(slot, from: row, to: row + 1, count: slot->End - row);
        }

        slot->End++;
        Index.Opened(slot, row);
        return row;
    }

    public void Remove(KeySlot* slot, int row)
    {
        Move(slot, from: row + 1, to: row, count: slot->End - row - 1);
        slot->End--;
        Index.Removed(slot, row);
    }

    /// <summary>
    /// The first row that a feature may still see, however old the block's first is: what is before
    /// it may be there or not, by when room was last made. Among events of equal time at the edge
    /// all are kept, so that the answer does not depend on the order of arrival.
    /// </summary>
    public int FirstNeeded(KeySlot* slot, long watermarkMs)
    {
        var horizonMs = _layout.HorizonMs(watermarkMs);
        if (horizonMs == long.MinValue)
        {
            return slot->Start;
        }

        var keepFrom = UpperBound(slot, horizonMs, slot->Start);
        foreach (ref readonly var kept in _kept.AsSpan())
        {
            var end = UpperBound(slot, watermarkMs - kept.DelayMs - _layout.LatenessMs, slot->Start);
            var first = kept.AreMany ? FirstOf(slot, kept, end) : FirstOfTwo(slot, kept.Filter, end);
            keepFrom = Math.Min(keepFrom, first < slot->End ? UpperBound(slot, Row(slot, first)[EntityLayout.TimeColumn] - 1, first) : first);
        }

        return Math.Max(slot->Start, keepFrom);
    }

    /// <returns>The first of the newest so many rows before the end that pass; the first row where
    /// there are fewer.</returns>
    private int FirstOf(KeySlot* slot, in KeptCount kept, int end)
    {
        if (kept.CountColumn < 0)
        {
            return Math.Max(slot->Start, end - kept.Count);
        }

        var upTo = Row(slot, end - 1)[kept.CountColumn];
        var (low, high) = (slot->Start, end);
        // The last row from which on there are as many.
        while (low + 1 < high)
        {
            var middle = (low + high) / 2;
            (low, high) = upTo - Row(slot, middle - 1)[kept.CountColumn] >= kept.Count ? (middle, high) : (low, middle);
        }

        return low;
    }

    private int FirstOfTwo(KeySlot* slot, int filter, int end)
    {
        var newest = Index.LastPassing(slot, filter, column: -1, measure: -1, slot->Start, end);
        var other = newest < 0 ? -1 : Index.LastPassing(slot, filter, column: -1, measure: -1, slot->Start, newest);
        return other < 0 ? slot->Start : other;
    }

    private void Renumber(KeySlot* slot, int by)
    {
        slot->Start -= by;
        slot->End -= by;
        slot->SequenceBase += by;
        var hints = Hints(slot);
        for (var i = 0; i < _layout.Offsets.Count; i++)
        {
            hints[i] -= by;
        }

        Index.Forget(slot);
    }

    private void Move(KeySlot* slot, int from, int to, int count) =>
        new ReadOnlySpan<long>(Row(slot, from), count * _stride).CopyTo(new Span<long>(Row(slot, to), count * _stride));
}
