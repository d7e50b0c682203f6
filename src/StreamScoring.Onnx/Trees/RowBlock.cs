namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Rows side by side as the kernel reads them: 32 floats a feature, and after the features a column
/// of zeros, which leaves look at. What they are, <see cref="RowReader"/> says.
/// </summary>
/// <param name="rankCount">Ranks of all rows, as <see cref="RankColumns"/> says.</param>
internal sealed class RowBlock(int featureCount, int rankCount = 0)
{
    /// <summary>
    /// Two vectors of ranks: enough rows to hide the latency of a comparison, few enough to stay in
    /// registers.
    /// </summary>
    public const int RowsMax = 32;

    private readonly float[] _values = GC.AllocateArray<float>((featureCount + 1) * RowsMax, pinned: true);
    private readonly short[] _ranks = GC.AllocateArray<short>(rankCount, pinned: true);

    /// <summary>[features + 1, 32] Column by column.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>[columns of ranks, 32] Column by column.</summary>
    public Span<short> Ranks => _ranks;

    /// <returns>[32] The values of a feature. Behind the rows that were filled last are those of
    /// earlier ones, of no meaning.</returns>
    public Span<float> Column(int feature) => _values.AsSpan(feature * RowsMax, RowsMax);
}
