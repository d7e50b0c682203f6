using System.Runtime.CompilerServices;

namespace StreamScoring.Features;

/// <summary>
/// Sums the rows of busy keys up in chunks of some 32, so that what a window holds is told by some
/// hundred chunks and the rows at its edges. It follows from the rows: it is in no image, and is
/// made where it is first asked for. A late payment changes its chunk alone.
/// </summary>
internal sealed unsafe class RowIndex
{
    private const int Count = 0, ArraysFrom = 1;

    /// <summary>Beside a chunk's first row: its numbers are not what its rows say.</summary>
    private const long Stale = 1L << 32;

    private readonly RowIndexLayout _layout;
    private readonly EntityRows _rows;
    private readonly int _rowsFrom;
    private readonly int _stride;
    private readonly ulong _secret;
    private readonly int[] _searched;
    private readonly ChunkSums _sums;
    private readonly DistinctColumns[] _distincts;
    private readonly DistinctPrefixes _prefixes;

    /// <param name="rowsFrom">Longs of a block before its rows.</param>
    public RowIndex(EntityLayout layout, RowIndexLayout index, EntityRows rows, int rowsFrom, SlotHash hash)
    {
        (_layout, _rows, _rowsFrom, _stride, _secret) = (index, rows, rowsFrom, layout.Stride, hash.Low | 1);
        (_searched, _distincts) = ([.. index.Searched], [.. layout.Distincts]);
        _sums = new ChunkSums(index, rows, this);
        _prefixes = new DistinctPrefixes(layout, rows);
    }

    public RowIndexLayout Layout => _layout;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Has(KeySlot* slot) => slot->RowsLog2 >= RowIndexLayout.RowsLog2Min && _layout.IsUsed;

    /// <summary>Rows lie elsewhere now: it is made anew when next asked for.</summary>
    public void Forget(KeySlot* slot)
    {
        if (Has(slot))
        {
            Area(slot)[Count] = 0;
        }
    }

    /// <summary>
    /// Makes it, where it is not there. To be called before anything is read from it.
    /// </summary>
    public void Make(KeySlot* slot)
    {
        var area = Area(slot);
        if (area[Count] > 0)
        {
            return;
        }

        var firsts = Firsts(slot);
        // Without a last one that is full: the next row is one of it.
        for (var row = slot->Start; row < slot->End || area[Count] == 0; row += RowIndexLayout.ChunkRows)
        {
            firsts[area[Count]++] = Stale | (uint)row;
        }

        for (var i = 0; i < _distincts.Length; i++)
        {
            DistinctPrefixes.Forget(Prefixes(slot, i));
            var previous = Previous(slot, i);
            for (var row = slot->Start; row < slot->End; row++)
            {
                previous[row] = PreviousOf(_rows.Row(slot, row), _distincts[i]);
            }
        }
    }

    /// <summary>A row was made: the last one, or one before which others moved up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Opened(KeySlot* slot, int row)
    {
        if (Has(slot) && Area(slot)[Count] > 0)
        {
            Note(slot, row);
        }
    }

    private void Note(KeySlot* slot, int row)
    {
        var count = (int)Area(slot)[Count];
        var firsts = Firsts(slot);
        for (var i = 0; i < _distincts.Length; i++)
        {
            var previous = Previous(slot, i);
            new ReadOnlySpan<long>(previous + row, slot->End - 1 - row).CopyTo(new Span<long>(previous + row + 1, slot->End - 1 - row));
            previous[row] = long.MaxValue;
            DistinctPrefixes.Opened(Prefixes(slot, i), row);
        }

        if (row == slot->End - 1)
        {
            if (row - First(firsts, count - 1) < RowIndexLayout.ChunkRows)
            {
                return;
            }

            if (count == RowIndexLayout.ChunksMax(slot->RowsLog2))
            {
                Forget(slot);
                return;
            }

            firsts[count] = Stale | (uint)row;
            Area(slot)[Count]++;
            return;
        }

        var chunk = ChunkOf(slot, row);
        for (var later = chunk + 1; later < count; later++)
        {
            firsts[later]++;
        }

        firsts[chunk] |= Stale;
        var end = chunk + 1 < count ? First(firsts, chunk + 1) : slot->End;
        if (end - First(firsts, chunk) > RowIndexLayout.ChunkRowsMax)
        {
            Split(slot, chunk);
        }
    }

    /// <summary>A row went, and those behind it moved down.</summary>
    /// <param name="row">Where it was.</param>
    public void Removed(KeySlot* slot, int row)
    {
        if (!Has(slot) || Area(slot)[Count] == 0)
        {
            return;
        }

        for (var i = 0; i < _distincts.Length; i++)
        {
            DistinctPrefixes.Removed(Prefixes(slot, i), row);
            var previous = Previous(slot, i);
            new ReadOnlySpan<long>(previous + row + 1, slot->End - row).CopyTo(new Span<long>(previous + row, slot->End - row));
        }

        var firsts = Firsts(slot);
        var chunk = ChunkOf(slot, row);
        firsts[chunk] |= Stale;
        for (var later = chunk + 1; later < Area(slot)[Count]; later++)
        {
            firsts[later]--;
        }
    }

    /// <summary>A row's note of when its value stood before was changed.</summary>
    public void Relinked(KeySlot* slot, int row, int distinct)
    {
        if (Has(slot) && Area(slot)[Count] > 0)
        {
            Previous(slot, distinct)[row] = PreviousOf(_rows.Row(slot, row), _distincts[distinct]);
        }
    }

    /// <summary>A row passes other filters than before.</summary>
    public void Refiltered(KeySlot* slot, int row)
    {
        if (Has(slot) && Area(slot)[Count] > 0)
        {
            Firsts(slot)[ChunkOf(slot, row)] |= Stale;
        }
    }

    /// <summary>A row has its value now, and its note of when that stood before.</summary>
    public void Linked(KeySlot* slot, int row, int distinct)
    {
        Relinked(slot, row, distinct);
        if (Has(slot) && Area(slot)[Count] > 0)
        {
            _prefixes.Linked(slot, Prefixes(slot, distinct), distinct, row);
        }
    }

    /// <summary>
    /// Adds the values of all rows before the end to the registers of an estimate.
    /// </summary>
    public void AddDistinct(Span<long> registers, KeySlot* slot, int distinct, int end)
    {
        Make(slot);
        _prefixes.AddTo(registers, slot, Prefixes(slot, distinct), distinct, end);
    }

    /// <returns>By row: when its value stood before; the largest number where the row does not
    /// count.</returns>
    public long* Previous(KeySlot* slot, int distinct) =>
        Area(slot) + ArraysFrom + ((long)RowIndexLayout.ChunksMax(slot->RowsLog2) * _layout.LongsOfChunk) + ((long)distinct << slot->RowsLog2);

    /// <summary>The chunk that a row lies in.</summary>
    public int ChunkOf(KeySlot* slot, int row)
    {
        var firsts = Firsts(slot);
        var (low, high) = (0, (int)Area(slot)[Count]);
        if (high > 0 && First(firsts, high - 1) <= row)
        {
            return high - 1;
        }

        while (low < high)
        {
            var middle = (low + high) / 2;
            if (First(firsts, middle) <= row)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        // Rows that are out of sight may lie before the first.
        return Math.Max(0, low - 1);
    }

    public int FirstRow(KeySlot* slot, int chunk) => First(Firsts(slot), chunk);

    /// <summary>
    /// Chunks whose numbers may be asked for: all but the last, which is still growing.
    /// </summary>
    public int WholeChunks(KeySlot* slot) => (int)Area(slot)[Count] - 1;

    /// <summary>One past a chunk's last row.</summary>
    public int EndRow(KeySlot* slot, int chunk) => chunk < WholeChunks(slot) ? FirstRow(slot, chunk + 1) : slot->End;

    /// <summary>Whether some row of a whole chunk passes the filter.</summary>
    public bool MayPass(KeySlot* slot, int chunk, int filter)
    {
        Refresh(slot, chunk);
        return _layout.FlagsColumn < 0 || (_sums.Flags(slot, chunk) & (1L << filter)) != 0;
    }

    /// <returns>The smallest and the largest value of a whole chunk; the smallest is larger than
    /// the largest where there is none.</returns>
    public (long Smallest, long Largest) Extremes(KeySlot* slot, int chunk, int measure)
    {
        Refresh(slot, chunk);
        return _sums.Extremes(slot, chunk, measure);
    }

    /// <returns>The smallest value of whole chunks, or the largest turned around bit by bit;
    /// <see cref="long.MaxValue"/> where there is none.</returns>
    /// <param name="end">One past the last chunk.</param>
    public long Extreme(KeySlot* slot, int first, int end, int measure, bool isMin)
    {
        var firsts = Firsts(slot);
        for (var chunk = first; chunk < end; chunk++)
        {
            if ((firsts[chunk] & Stale) != 0)
            {
                Refresh(slot, chunk);
            }
        }

        return _sums.Extreme(slot, first, end, measure, isMin);
    }

    /// <returns>A whole chunk's first and last segment, the sums of both
    /// (<see cref="DecayWeight"/>); null where there are others between.</returns>
    public long* Decayed(KeySlot* slot, int chunk, int decay)
    {
        Refresh(slot, chunk);
        return _sums.Decayed(slot, chunk, decay);
    }

    /// <returns>The last row before one that has that hash in a column and passes the filter; -1
    /// for none.</returns>
    /// <param name="search">Which of the searched columns.</param>
    /// <param name="filter">-1: any row will do.</param>
    public int LastWith(KeySlot* slot, int search, long hash, int filter, int from, int before)
    {
        if (!Has(slot) || before - from <= RowIndexLayout.ChunkRows)
        {
            return WalkBack(slot, search, hash, filter, from, before);
        }

        Make(slot);
        for (var chunk = ChunkOf(slot, before - 1); before > from; chunk--)
        {
            var first = Math.Max(from, FirstRow(slot, chunk));
            // The row that is being added lies at the edge: its chunk is not complete yet.
            var isWhole = chunk < WholeChunks(slot) && EndRow(slot, chunk) == before;
            if ((!isWhole || MayHold(slot, chunk, search, hash)) && WalkBack(slot, search, hash, filter, first, before) is >= 0 and var row)
            {
                return row;
            }

            before = chunk == 0 ? from : first;
        }

        return -1;
    }

    /// <returns>The first row from one on that has that hash in a column and passes the filter; -1
    /// for none.</returns>
    public int FirstWith(KeySlot* slot, int search, long hash, int filter, int from)
    {
        if (!Has(slot) || slot->End - from <= RowIndexLayout.ChunkRows)
        {
            return Walk(slot, search, hash, filter, from, slot->End);
        }

        Make(slot);
        for (var chunk = ChunkOf(slot, from); from < slot->End; chunk++)
        {
            var end = EndRow(slot, chunk);
            var isWhole = chunk < WholeChunks(slot) && FirstRow(slot, chunk) == from;
            if ((!isWhole || MayHold(slot, chunk, search, hash)) && Walk(slot, search, hash, filter, from, end) is >= 0 and var row)
            {
                return row;
            }

            from = end;
        }

        return -1;
    }

    /// <returns>The last row before one that passes the filter and has a value in the column, if
    /// one is given; -1 for none.</returns>
    /// <param name="measure">That of the column and the filter; -1 for none.</param>
    public int LastPassing(KeySlot* slot, int filter, int column, int measure, int from, int before)
    {
        if (!Has(slot) || before - from <= RowIndexLayout.ChunkRows)
        {
            return WalkBackPassing(slot, filter, column, from, before);
        }

        Make(slot);
        for (var chunk = ChunkOf(slot, before - 1); before > from; chunk--)
        {
            var first = Math.Max(from, FirstRow(slot, chunk));
            var isWhole = chunk < WholeChunks(slot);
            var may = !isWhole || (MayPass(slot, chunk, filter) && (measure < 0 || Extremes(slot, chunk, measure) is var (smallest, largest) && smallest <= largest));
            if (may && WalkBackPassing(slot, filter, column, first, before) is >= 0 and var row)
            {
                return row;
            }

            before = chunk == 0 ? from : first;
        }

        return -1;
    }

    /// <summary>
    /// A hash's place in a table that lives as long as the process: whoever makes up hashes cannot
    /// tell it.
    /// </summary>
    public ulong Mix(long hash) => unchecked((ulong)hash * _secret);

    private int WalkBackPassing(KeySlot* slot, int filter, int column, int from, int before)
    {
        for (var row = before - 1; row >= from; row--)
        {
            var candidate = _rows.Row(slot, row);
            if (_rows.Passes(candidate, filter) && (column < 0 || candidate[column] != EntityState.MissingValue))
            {
                return row;
            }
        }

        return -1;
    }

    private int WalkBack(KeySlot* slot, int search, long hash, int filter, int from, int before)
    {
        for (var row = before - 1; row >= from; row--)
        {
            if (Is(_rows.Row(slot, row), search, hash, filter))
            {
                return row;
            }
        }

        return -1;
    }

    private int Walk(KeySlot* slot, int search, long hash, int filter, int from, int end)
    {
        for (var row = from; row < end; row++)
        {
            if (Is(_rows.Row(slot, row), search, hash, filter))
            {
                return row;
            }
        }

        return -1;
    }

    private bool Is(long* row, int search, long hash, int filter) => row[_searched[search]] == hash && (filter < 0 || _rows.Passes(row, filter));

    private long PreviousOf(long* row, in DistinctColumns columns) =>
        row[columns.HashColumn] != 0 && _rows.Passes(row, columns.Filter) ? row[columns.PreviousColumn] : long.MaxValue;

    private bool MayHold(KeySlot* slot, int chunk, int search, long hash)
    {
        Refresh(slot, chunk);
        return _sums.MayHold(slot, chunk, search, hash);
    }

    /// <summary>
    /// An array of the chunks' numbers, each of so many longs (<see cref="RowIndexLayout"/>); the
    /// first says where they begin.
    /// </summary>
    public long* Array(KeySlot* slot, int number) => Area(slot) + ArraysFrom + ((long)number * RowIndexLayout.ChunksMax(slot->RowsLog2));

    private long* Area(KeySlot* slot) => slot->Block + _rowsFrom + ((long)_stride << slot->RowsLog2);

    private long* Firsts(KeySlot* slot) => Area(slot) + ArraysFrom;

    private long* Prefixes(KeySlot* slot, int distinct) =>
        Previous(slot, _distincts.Length) + (distinct * DistinctPrefixes.LongsOf(slot->RowsLog2));

    private static int First(long* firsts, int chunk) => (int)firsts[chunk];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Refresh(KeySlot* slot, int chunk)
    {
        if ((Firsts(slot)[chunk] & Stale) != 0)
        {
            _sums.SumUp(slot, chunk, FirstRow(slot, chunk), EndRow(slot, chunk));
            Firsts(slot)[chunk] &= ~Stale;
        }
    }

    /// <summary>Makes two of a chunk that late payments made too long.</summary>
    private void Split(KeySlot* slot, int chunk)
    {
        var count = (int)Area(slot)[Count];
        var max = RowIndexLayout.ChunksMax(slot->RowsLog2);
        if (count == max)
        {
            Forget(slot);
            return;
        }

        var end = chunk + 1 < count ? FirstRow(slot, chunk + 1) : slot->End;
        new ReadOnlySpan<long>(Firsts(slot) + chunk + 1, count - chunk - 1).CopyTo(new Span<long>(Firsts(slot) + chunk + 2, count - chunk - 1));
        _sums.MoveUp(slot, chunk + 1, count);
        var first = FirstRow(slot, chunk);
        (Firsts(slot)[chunk], Firsts(slot)[chunk + 1]) = (Stale | (uint)first, Stale | (uint)(first + ((end - first) / 2)));
        Area(slot)[Count]++;
    }
}
