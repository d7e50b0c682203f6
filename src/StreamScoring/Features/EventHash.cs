using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace StreamScoring.Features;

/// <summary>
/// Hashes events one by one, payments and labels apart, so that sums of hashes (modulo 2^128)
/// depend neither on the order in which they came nor on whether they lie in rows or in tiles.
/// </summary>
internal sealed class EventHash
{
    /// <summary>
    /// In place of the entity's columns, so that no label has the hash of a payment.
    /// </summary>
    private const long LabelMark = long.MinValue + 1;

    private readonly EntityLayout _layout;
    private readonly int[] _columns;
    private readonly Series[] _series;
    private readonly long[] _event;

    public EventHash(EntityLayout layout)
    {
        _layout = layout;
        _columns =
        [
            EntityLayout.TimeColumn,
            .. new[] { layout.PaymentColumn, layout.FlagsColumn }.Where(column => column != EntityLayout.None),
            .. layout.RawColumns.Where((column, value) => column != EntityLayout.None && !layout.Values[value].IsDerived),
            .. layout.Distincts.Where(columns => !columns.Source.IsDerived).Select(columns => columns.HashColumn).Distinct(),
        ];
        // A fraud is told by its label, and extremes so far say nothing about the event itself.
        // What follows from the state says less about the event than about the order of the fold.
        _series = [.. layout.Series.Where(series => series.Kind is not (SeriesKind.Frauds or SeriesKind.SmallestEver or SeriesKind.LargestEver) && layout.IsLogged(series))];
        _event = new long[_columns.Length + (2 * _series.Length)];
    }

    /// <summary>
    /// The hash of the payment in a row, without its label; 0 for a stub, which is no payment.
    /// </summary>
    /// <param name="before">The row before it: what the payment added to the totals is the
    /// difference.</param>
    public UInt128 OfPayment(ReadOnlySpan<long> before, ReadOnlySpan<long> row)
    {
        if (_layout.HasLabels && row[_layout.FlagsColumn] == 0)
        {
            return UInt128.Zero;
        }

        var next = 0;
        foreach (var column in _columns)
        {
            _event[next++] = column == _layout.FlagsColumn ? row[column] & _layout.LoggedFlags : row[column];
        }

        foreach (ref readonly var series in _series.AsSpan())
        {
            // Of a sum the first word holds any value of one event.
            var own = series.Kind == SeriesKind.Squares
                ? unchecked(Wide(row, series.Column) - Wide(before, series.Column))
                : (ulong)unchecked(row[series.Column] - before[series.Column]);
            (_event[next++], _event[next++]) = ((long)(ulong)own, (long)(ulong)(own >> 64));
        }

        return XxHash128.HashToUInt128(MemoryMarshal.AsBytes(_event.AsSpan()));
    }

    /// <param name="label">As rows hold it; 0 for none, whose hash is 0.</param>
    public static UInt128 OfLabel(long timeMs, ulong paymentHash, long label) =>
        label == 0 ? UInt128.Zero : XxHash128.HashToUInt128(MemoryMarshal.AsBytes((ReadOnlySpan<long>)[LabelMark, timeMs, (long)paymentHash, label]));

    /// <summary>A number of two longs, low word first.</summary>
    public static UInt128 Wide(ReadOnlySpan<long> longs, int column) => new((ulong)longs[column + 1], (ulong)longs[column]);

    public static void SetWide(Span<long> longs, int column, UInt128 value) => (longs[column], longs[column + 1]) = ((long)(ulong)value, (long)(ulong)(value >> 64));
}
