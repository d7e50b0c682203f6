namespace StreamScoring.Features;

/// <summary>
/// Estimates of distinct values among the first rows of a key, up to every 128th row: windows that
/// begin among tiles hold all rows up to their end, so one of these and a few rows tell which
/// values. Lies behind the rest of a block's index; a late payment's value is added to those behind
/// it.
/// </summary>
/// <remarks>
/// By distinct column: the first row, how many there are, then of each one past its last row, and
/// the registers.
/// </remarks>
internal sealed unsafe class DistinctPrefixes(EntityLayout layout, EntityRows rows)
{
    private const int RowsOfPrefix = 128, Start = 0, Count = 1, HeadLongs = 2, EntryLongs = 1 + HyperLogLog.Longs;

    private readonly DistinctColumns[] _distincts = [.. layout.Distincts];

    /// <returns>Longs that they take in a block of 2^n rows, for each distinct column.</returns>
    public static long LongsOf(int rowsLog2) => HeadLongs + ((1L << rowsLog2) / RowsOfPrefix * EntryLongs);

    /// <param name="at">Where the column's lie.</param>
    public static void Forget(long* at) => at[Count] = 0;

    /// <summary>Adds the values of all rows before the end to registers.</summary>
    public void AddTo(Span<long> registers, KeySlot* slot, long* at, int distinct, int end)
    {
        if (at[Start] != slot->Start)
        {
            (at[Start], at[Count]) = (slot->Start, 0);
        }

        Complete(slot, at, distinct, end);
        var (row, prefix) = (slot->Start, (int)at[Count]);
        while (prefix > 0 && Entry(at, prefix - 1)[0] > end)
        {
            prefix--;
        }

        if (prefix > 0)
        {
            row = (int)Entry(at, prefix - 1)[0];
            HyperLogLog.Merge(registers, Registers(at, prefix - 1));
        }

        AddRows(registers, slot, distinct, row, end);
    }

    /// <summary>A row was made, which has no value yet.</summary>
    public static void Opened(long* at, int row)
    {
        for (var prefix = (int)at[Count] - 1; prefix >= 0 && Entry(at, prefix)[0] > row; prefix--)
        {
            Entry(at, prefix)[0]++;
        }
    }

    /// <summary>A row has its value: whatever comes behind it holds that too.</summary>
    public void Linked(KeySlot* slot, long* at, int distinct, int row)
    {
        for (var prefix = (int)at[Count] - 1; prefix >= 0 && Entry(at, prefix)[0] > row; prefix--)
        {
            Add(Registers(at, prefix), rows.Row(slot, row), _distincts[distinct]);
        }
    }

    /// <summary>A row went; whether another has its value is not known.</summary>
    public static void Removed(long* at, int row)
    {
        while (at[Count] > 0 && Entry(at, (int)at[Count] - 1)[0] > row)
        {
            at[Count]--;
        }
    }

    private void Complete(KeySlot* slot, long* at, int distinct, int end)
    {
        var from = at[Count] == 0 ? slot->Start : (int)Entry(at, (int)at[Count] - 1)[0];
        for (; from + RowsOfPrefix <= end && at[Count] < (1 << slot->RowsLog2) / RowsOfPrefix; from += RowsOfPrefix)
        {
            var entry = Entry(at, (int)at[Count]);
            var registers = Registers(at, (int)at[Count]);
            registers.Clear();
            if (at[Count] > 0)
            {
                HyperLogLog.Merge(registers, Registers(at, (int)at[Count] - 1));
            }

            AddRows(registers, slot, distinct, from, from + RowsOfPrefix);
            entry[0] = from + RowsOfPrefix;
            at[Count]++;
        }
    }

    private void AddRows(Span<long> registers, KeySlot* slot, int distinct, int from, int end)
    {
        for (var row = from; row < end; row++)
        {
            Add(registers, rows.Row(slot, row), _distincts[distinct]);
        }
    }

    private void Add(Span<long> registers, long* row, in DistinctColumns columns)
    {
        if (row[columns.HashColumn] != 0 && rows.Passes(row, columns.Filter))
        {
            HyperLogLog.Add(registers, row[columns.HashColumn]);
        }
    }

    private static long* Entry(long* at, int prefix) => at + HeadLongs + (prefix * EntryLongs);

    private static Span<long> Registers(long* at, int prefix) => new(Entry(at, prefix) + 1, HyperLogLog.Longs);
}
