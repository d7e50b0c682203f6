namespace StreamScoring.Features;

/// <summary>
/// How many longs a running total takes. A row's total may wrap around: the difference of two rows
/// of a key is right as long as what the events between them add up to fits. A key has at most
/// <see cref="RowsMax"/> rows, so the arithmetic is:
/// <code>
///            |value|                 of 2^14 rows            of all time (2^63 events)
/// amount     ≤ 10^15 &lt; 2^50          8,194 × 10^15 &lt; 2^63    &lt; 2^113
/// attribute  ≤ 9·10^15 &lt; 2^53        &lt; 2^67                  &lt; 2^116
/// squares    &lt; 2^100, &lt; 2^106       &lt; 2^120                 &lt; 2^169
/// </code>
/// So amounts take one word where windows end, and attributes two; squares two; and totals of all
/// time two and three. Tiles hold events of any number, and keep the words that rows leave out
/// beside each total (<see cref="TileTotals"/>).
/// </summary>
internal static class TotalWidth
{
    /// <summary>
    /// Rows that a key has at the most: <c>exact_events</c> up to 8,192, or twice what <c>last
    /// 4096</c> needs.
    /// </summary>
    public const int RowsMax = 2 * (4096 + 1);

    /// <summary>Words that hold a total of all time.</summary>
    public static int Words(SeriesKind kind) => kind switch
    {
        SeriesKind.Sum => 2,
        SeriesKind.Squares => 3,
        _ => 1,
    };

    /// <param name="isEver">Whether the total of all time is read, or differences of rows
    /// alone.</param>
    public static int Words(SeriesKind kind, ValueSource source, bool isEver) => kind switch
    {
        SeriesKind.Sum => isEver || !(source.IsAmount || source.IsAmountBase) ? 2 : 1,
        SeriesKind.Squares => isEver ? 3 : 2,
        _ => 1,
    };

    /// <summary>
    /// A total of two words; most fit into one, which converts in one instruction.
    /// </summary>
    public static double ToDouble(Int128 total)
    {
        var low = unchecked((long)total);
        return low == total ? low : (double)total;
    }
}
