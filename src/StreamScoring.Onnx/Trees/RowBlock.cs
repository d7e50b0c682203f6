using StreamScoring.Batches;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Rows side by side as the kernel reads them: 32 floats a feature, and after the features a column
/// of zeros, which leaves look at.
/// </summary>
internal sealed class RowBlock(int featureCount)
{
    /// <summary>
    /// Four vectors of eight: enough rows to hide the latency of a comparison, few enough to stay
    /// in registers.
    /// </summary>
    public const int RowsMax = 32;

    private readonly float[] _values = GC.AllocateArray<float>((featureCount + 1) * RowsMax, pinned: true);

    /// <summary>[features + 1, 32] Column by column.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>
    /// Takes over some rows of a matrix. What follows them in the block is left from earlier rows,
    /// and of no meaning.
    /// </summary>
    /// <param name="columns">[features] Of the matrix.</param>
    /// <param name="rows">[n] At most 32.</param>
    public void Fill(FeatureMatrix matrix, ReadOnlySpan<int> columns, ReadOnlySpan<int> rows)
    {
        Invariant.Require(rows.Length <= RowsMax);
        for (var i = 0; i < columns.Length; i++)
        {
            var from = matrix.Column(columns[i]);
            var to = _values.AsSpan(i * RowsMax, rows.Length);
            for (var row = 0; row < to.Length; row++)
            {
                to[row] = (float)from[rows[row]];
            }
        }
    }
}
