using StreamScoring.Batches;

namespace StreamScoring.Expressions;

/// <summary>
/// The texts of a batch's rows in UTF-8, empty where one is missing: a column's, or one text for
/// all rows.
/// </summary>
internal readonly ref struct TextValues
{
    private readonly TextColumn? _column;
    private readonly ReadOnlySpan<byte> _bytes;

    public TextValues(TextColumn column, PaymentBatch batch)
    {
        _column = column;
        _bytes = batch.Bytes;
    }

    public TextValues(ReadOnlySpan<byte> everywhere) => _bytes = everywhere;

    public ReadOnlySpan<byte> this[int rowIndex] => _column is null ? _bytes : _column.Value(_bytes, rowIndex);
}
