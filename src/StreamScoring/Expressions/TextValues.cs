using StreamScoring.Batches;

namespace StreamScoring.Expressions;

/// <summary>
/// The texts of a batch's rows in UTF-8, empty where one is missing: a column's, one of a few
/// names for each, or one text for all rows.
/// </summary>
internal readonly ref struct TextValues
{
    private readonly TextColumn? _column;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly byte[][]? _names;

    public TextValues(TextColumn column, PaymentBatch batch)
        : this(column, batch.Bytes)
    {
    }

    /// <param name="bytes">What the column's slices are of.</param>
    public TextValues(TextColumn column, ReadOnlySpan<byte> bytes)
    {
        _column = column;
        _bytes = bytes;
    }

    public TextValues(ReadOnlySpan<byte> everywhere) => _bytes = everywhere;

    /// <param name="codes">[rows] Which of the names is the row's.</param>
    public TextValues(byte[][] names, ReadOnlySpan<byte> codes)
    {
        _names = names;
        _bytes = codes;
    }

    public ReadOnlySpan<byte> this[int rowIndex] =>
        _column is not null ? _column.Value(_bytes, rowIndex) : _names is not null ? _names[_bytes[rowIndex]] : _bytes;
}
