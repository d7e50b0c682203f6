using StreamScoring.Identity;

namespace StreamScoring.Batches;

/// <summary>
/// A column of texts: slices of the batch's bytes and, where asked for, their 128-bit hashes. A
/// length of 0 is a missing value.
/// </summary>
/// <param name="rowsMax">Rows the column can hold.</param>
public sealed class TextColumn(int rowsMax)
{
    /// <summary>[rows] Where the value starts in <see cref="PaymentBatch.Bytes"/>.</summary>
    public readonly int[] Start = new int[rowsMax];

    /// <summary>[rows] Bytes of UTF-8; 0 where the value is missing.</summary>
    public readonly int[] Length = new int[rowsMax];

    /// <summary>
    /// [rows] <see cref="IdentityHash"/> of the value; 0 where it is missing or where nothing asked
    /// for hashes of this field.
    /// </summary>
    public readonly UInt128[] Hash = new UInt128[rowsMax];

    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> bytes, int rowIndex) => bytes.Slice(Start[rowIndex], Length[rowIndex]);

    public void SetMissing(int rowIndex)
    {
        Length[rowIndex] = 0;
        Hash[rowIndex] = UInt128.Zero;
    }
}
