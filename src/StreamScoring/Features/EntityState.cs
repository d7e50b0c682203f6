using System.Runtime.Intrinsics.X86;

namespace StreamScoring.Features;

/// <summary>
/// All events that an entity's features can still see, by key. Events of a key lie side by side, sorted by event time and among equal
/// times by arrival; each carries running totals, so that a window is the difference of two events wherever it begins and ends.
/// Written by one thread. The memory is pinned, so rows are reached by pointer: with the prefetch that makes possible, a fold costs a
/// few cache misses less (load-tests: <c>fold</c>).
/// </summary>
internal sealed unsafe class EntityState
{
    /// <summary>Rows of a new key's block: the totals before the first event, and three events.</summary>
    private const int FirstRowsLog2 = 2;

    /// <summary>A value that a payment does not have.</summary>
    public const long MissingValue = long.MinValue;

    private readonly EntityLayout _layout;
    private readonly BlockSlab _slab;
    private readonly KeyTable _keys;
    private readonly Series[] _series;
    private readonly DistinctColumns[] _distincts;
    private readonly int[] _rawColumns;
    private readonly KeptCount[] _kept;
    private readonly int _stride;
    private readonly int _headLongs;

    public EntityState(EntityLayout layout)
    {
        _layout = layout;
        _series = [.. layout.Series];
        _distincts = [.. layout.Distincts];
        _rawColumns = [.. layout.RawColumns];
        _kept = [.. layout.Kept];
        _stride = layout.Stride;
        // In front of the rows: for each offset a hint where it fell last time, two to a long. A cache, not state.
        _headLongs = (layout.Offsets.Count + 1) / 2;
        _slab = new BlockSlab(_headLongs, _stride);
        _keys = new KeyTable(10);
    }

    public EntityLayout Layout => _layout;

    public int KeyCount => _keys.Count;

    public long AllocatedBytes => _slab.AllocatedBytes + _keys.AllocatedBytes;

    /// <summary>Events held now, stubs of labels included. Looks at every key: for operators, not for the path.</summary>
    public long CountEvents()
    {
        var events = 0L;
        foreach (ref readonly var slot in _keys.Slots)
        {
            events += slot.End - slot.Start;
        }

        return events;
    }

    public void Reserve(int keys) => _keys.Reserve(keys);

    public void PrefetchSlot(UInt128 key) => _keys.Prefetch(key);

    /// <summary>Brings the key's newest events into the cache.</summary>
    /// <returns>The key's slot, or null where it is new.</returns>
    public KeySlot* PrefetchEvents(UInt128 key)
    {
        var slot = _keys.Find(key);
        if (slot != null && Sse.IsSupported)
        {
            Sse.Prefetch0(slot->Block);
            Sse.Prefetch0(Row(slot, slot->End - 1));
            Sse.Prefetch0(Row(slot, slot->End));
        }

        return slot;
    }

    public int* Hints(KeySlot* slot) => (int*)slot->Block;

    public long* Row(KeySlot* slot, int row) => slot->Block + _headLongs + ((long)row * _stride);

    /// <summary>Adds a payment.</summary>
    /// <param name="values">[values] Scaled integers or <see cref="MissingValue"/>.</param>
    /// <param name="distincts">[distinct columns] Hash of each value; 0 where it is missing.</param>
    /// <param name="flags">Bit 0 set, and a bit for each filter passed.</param>
    /// <param name="row">The payment's row.</param>
    public KeySlot* AddPayment(
        UInt128 key, long timeMs, ulong paymentHash, long flags, ReadOnlySpan<long> values, ReadOnlySpan<long> distincts, out int row)
    {
        var slot = FindOrAdd(key);
        slot->NewestMs = Math.Max(slot->NewestMs, timeMs);
        var label = _layout.HasLabels ? TakeStub(slot, timeMs, paymentHash) : 0;
        row = OpenRow(slot, timeMs);
        var added = Row(slot, row);
        added[EntityLayout.TimeColumn] = timeMs;
        if (_layout.HasLabels)
        {
            added[_layout.PaymentColumn] = (long)paymentHash;
            added[_layout.LabelColumn] = label;
        }

        if (_layout.FlagsColumn >= 0)
        {
            added[_layout.FlagsColumn] = flags;
        }

        for (var value = 0; value < _rawColumns.Length; value++)
        {
            if (_rawColumns[value] >= 0)
            {
                added[_rawColumns[value]] = values[value];
            }
        }

        AddTotals(slot, row, flags, (label & 1) != 0, values);
        for (var i = 0; i < _distincts.Length; i++)
        {
            LinkDistinct(slot, row, _distincts[i], distincts[i], (flags & (1L << _distincts[i].Filter)) != 0);
        }

        return slot;
    }

    /// <summary>Adds what became known about a payment. One that did not come yet is remembered by a stub, which counts as no payment.</summary>
    public void AddLabel(UInt128 key, long timeMs, ulong paymentHash, long knownAtMs, bool fraud)
    {
        Invariant.Require(_layout.HasLabels);
        var label = (knownAtMs << 1) | (fraud ? 1L : 0);
        var slot = FindOrAdd(key);
        if (timeMs < slot->NewestMs && slot->NewestMs - timeMs > _layout.RetentionMs)
        {
            // No window can see that payment any more.
            return;
        }

        var row = FindPayment(slot, timeMs, paymentHash);
        if (row < 0)
        {
            row = OpenRow(slot, timeMs);
            slot->NewestMs = Math.Max(slot->NewestMs, timeMs);
            var stub = Row(slot, row);
            new Span<long>(stub, _stride).Clear();
            stub[EntityLayout.TimeColumn] = timeMs;
            stub[_layout.PaymentColumn] = (long)paymentHash;
            stub[_layout.LabelColumn] = label;
            CarryTotals(slot, row);
            return;
        }

        var found = Row(slot, row);
        var known = found[_layout.LabelColumn];
        // The later known one holds, and of two known at once the one that says fraud: so order of arrival does not matter.
        if (label <= known)
        {
            return;
        }

        found[_layout.LabelColumn] = label;
        var change = (label & 1) - (known & 1);
        if (change != 0)
        {
            var flags = found[_layout.FlagsColumn];
            foreach (ref readonly var series in _series.AsSpan())
            {
                if (series.Kind == SeriesKind.Frauds && (flags & (1L << series.Filter)) != 0)
                {
                    for (var later = row; later < slot->End; later++)
                    {
                        Row(slot, later)[series.Column] += change;
                    }
                }
            }
        }
    }

    /// <returns>The first row of the key whose time is greater than the given one.</returns>
    public int UpperBound(KeySlot* slot, long timeMs, int hint)
    {
        var (low, high) = (slot->Start, slot->End);
        var at = Math.Clamp(hint, low, high);
        // Time mostly moves on by a little, so the edge is mostly where it was or a few rows on.
        for (var step = 0; step < 8; step++)
        {
            if (at < high && Row(slot, at)[EntityLayout.TimeColumn] <= timeMs)
            {
                at++;
                low = at;
            }
            else if (at > low && Row(slot, at - 1)[EntityLayout.TimeColumn] > timeMs)
            {
                at--;
                high = at;
            }
            else
            {
                return at;
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

    private KeySlot* FindOrAdd(UInt128 key)
    {
        var slot = _keys.Find(key);
        if (slot != null)
        {
            return slot;
        }

        slot = _keys.Add(key);
        slot->Block = _slab.Rent(FirstRowsLog2);
        slot->RowsLog2 = FirstRowsLog2;
        (slot->Start, slot->End) = (1, 1);
        slot->NewestMs = long.MinValue;
        new Span<long>(slot->Block, _headLongs + _stride).Clear();
        var before = Row(slot, 0);
        foreach (ref readonly var series in _series.AsSpan())
        {
            if (series.Kind is SeriesKind.SmallestEver or SeriesKind.LargestEver)
            {
                before[series.Column] = MissingValue;
            }
        }

        return slot;
    }

    /// <summary>Makes an empty row behind all events whose time is at most the given one.</summary>
    private int OpenRow(KeySlot* slot, long timeMs)
    {
        if (slot->End == 1 << slot->RowsLog2)
        {
            MakeRoom(slot);
        }

        var row = slot->End;
        if (row > slot->Start && Row(slot, row - 1)[EntityLayout.TimeColumn] > timeMs)
        {
            // Late: the events after it move up by one.
            row = UpperBound(slot, timeMs, slot->End);
            Move(slot, from: row, to: row + 1, count: slot->End - row);
            slot->End++;
            RenumberDistincts(slot, row, slot->SequenceBase + row, +1);
            return row;
        }

        slot->End++;
        return row;
    }

    private void RemoveRow(KeySlot* slot, int row)
    {
        Move(slot, from: row + 1, to: row, count: slot->End - row - 1);
        slot->End--;
        RenumberDistincts(slot, row, slot->SequenceBase + row, -1);
    }

    /// <summary>Sequence numbers at or behind an inserted or removed row have moved.</summary>
    private void RenumberDistincts(KeySlot* slot, int row, int sequence, int by)
    {
        foreach (ref readonly var columns in _distincts.AsSpan())
        {
            for (var later = by > 0 ? row + 1 : row; later < slot->End; later++)
            {
                ref var previous = ref Row(slot, later)[columns.PreviousColumn];
                previous += previous >= sequence ? by : 0;
            }
        }
    }

    private void MakeRoom(KeySlot* slot)
    {
        DropOld(slot);
        var (rowsMax, first) = (1 << slot->RowsLog2, slot->Start - 1);
        if (first * 4 >= rowsMax)
        {
            Move(slot, from: first, to: 0, count: slot->End - first);
            Renumber(slot, first);
            return;
        }

        var grown = _slab.Rent(slot->RowsLog2 + 1);
        var count = slot->End - first;
        new ReadOnlySpan<long>(slot->Block, _headLongs).CopyTo(new Span<long>(grown, _headLongs));
        new ReadOnlySpan<long>(Row(slot, first), count * _stride).CopyTo(new Span<long>(grown + _headLongs, count * _stride));
        _slab.Return(slot->Block, slot->RowsLog2);
        slot->Block = grown;
        slot->RowsLog2++;
        Renumber(slot, first);
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
    }

    /// <summary>Drops events that no feature can see any more; the row before the first keeps carrying their totals.</summary>
    private void DropOld(KeySlot* slot)
    {
        if (_layout.RetentionMs == long.MaxValue)
        {
            return;
        }

        var keepFrom = UpperBound(slot, slot->NewestMs - _layout.RetentionMs, slot->Start);
        foreach (ref readonly var kept in _kept.AsSpan())
        {
            var needed = kept.Count;
            var row = UpperBound(slot, slot->NewestMs - kept.DelayMs - _layout.LatenessMs, slot->Start) - 1;
            for (; row >= slot->Start && needed > 0; row--)
            {
                needed -= Passes(Row(slot, row), kept.Filter) ? 1 : 0;
            }

            keepFrom = Math.Min(keepFrom, row + 1);
        }

        slot->Start = Math.Max(slot->Start, keepFrom);
    }

    /// <summary>Whether an event is a payment that passes the filter.</summary>
    public bool Passes(long* row, int filter) => _layout.FlagsColumn < 0 || (row[_layout.FlagsColumn] & (1L << filter)) != 0;

    private void Move(KeySlot* slot, int from, int to, int count) =>
        new ReadOnlySpan<long>(Row(slot, from), count * _stride).CopyTo(new Span<long>(Row(slot, to), count * _stride));

    /// <returns>The row of that payment or its stub; -1 where there is none.</returns>
    private int FindPayment(KeySlot* slot, long timeMs, ulong paymentHash)
    {
        for (var row = UpperBound(slot, timeMs, slot->End) - 1; row >= slot->Start; row--)
        {
            var candidate = Row(slot, row);
            if (candidate[EntityLayout.TimeColumn] != timeMs)
            {
                break;
            }

            if (candidate[_layout.PaymentColumn] == (long)paymentHash)
            {
                return row;
            }
        }

        return -1;
    }

    /// <summary>Removes the stub that a label left for this payment.</summary>
    /// <returns>The label, or 0.</returns>
    private long TakeStub(KeySlot* slot, long timeMs, ulong paymentHash)
    {
        var row = FindPayment(slot, timeMs, paymentHash);
        if (row < 0 || Row(slot, row)[_layout.FlagsColumn] != 0)
        {
            return 0;
        }

        var label = Row(slot, row)[_layout.LabelColumn];
        RemoveRow(slot, row);
        return label;
    }

    /// <summary>A row that adds nothing has the totals of the row before.</summary>
    private void CarryTotals(KeySlot* slot, int row)
    {
        var before = Row(slot, row - 1);
        var added = Row(slot, row);
        foreach (ref readonly var series in _series.AsSpan())
        {
            added[series.Column] = before[series.Column];
            if (series.Kind == SeriesKind.Squares)
            {
                added[series.Column + 1] = before[series.Column + 1];
            }
        }
    }

    private void AddTotals(KeySlot* slot, int row, long flags, bool isFraud, ReadOnlySpan<long> values)
    {
        CarryTotals(slot, row);
        foreach (ref readonly var series in _series.AsSpan())
        {
            if ((flags & (1L << series.Filter)) == 0)
            {
                continue;
            }

            var value = series.Value < 0 ? 0 : values[series.Value];
            if (value == MissingValue)
            {
                continue;
            }

            for (var later = row; later < slot->End; later++)
            {
                AddTo(Row(slot, later) + series.Column, series.Kind, value, isFraud);
            }
        }
    }

    private static void AddTo(long* total, SeriesKind kind, long value, bool isFraud)
    {
        switch (kind)
        {
            case SeriesKind.Count or SeriesKind.ValueCount:
                total[0]++;
                break;
            case SeriesKind.Frauds:
                total[0] += isFraud ? 1 : 0;
                break;
            case SeriesKind.Sum:
                // Totals of all time may wrap around; the difference of two is right all the same.
                total[0] = unchecked(total[0] + value);
                break;
            case SeriesKind.Squares:
                var high = Math.BigMul(value, value, out var low);
                var sum = new UInt128((ulong)total[1], (ulong)total[0]) + new UInt128((ulong)high, (ulong)low);
                total[0] = (long)(ulong)sum;
                total[1] = (long)(ulong)(sum >> 64);
                break;
            case SeriesKind.SmallestEver:
                total[0] = total[0] == MissingValue ? value : Math.Min(total[0], value);
                break;
            default:
                total[0] = Math.Max(total[0], value);
                break;
        }
    }

    /// <summary>Notes where the row's value stood before, and makes the next event with that value point here.</summary>
    private void LinkDistinct(KeySlot* slot, int row, in DistinctColumns columns, long hash, bool passes)
    {
        var added = Row(slot, row);
        added[columns.HashColumn] = hash;
        added[columns.PreviousColumn] = 0;
        if (hash == 0 || !passes)
        {
            return;
        }

        for (var earlier = row - 1; earlier >= slot->Start; earlier--)
        {
            if (Row(slot, earlier)[columns.HashColumn] == hash && Passes(Row(slot, earlier), columns.Filter))
            {
                added[columns.PreviousColumn] = slot->SequenceBase + earlier;
                break;
            }
        }

        for (var later = row + 1; later < slot->End; later++)
        {
            if (Row(slot, later)[columns.HashColumn] == hash && Passes(Row(slot, later), columns.Filter))
            {
                Row(slot, later)[columns.PreviousColumn] = slot->SequenceBase + row;
                break;
            }
        }
    }
}
