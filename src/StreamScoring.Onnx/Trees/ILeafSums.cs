namespace StreamScoring.Onnx.Trees;

/// <summary>What the leaves of rows add up to, with base values.</summary>
internal interface ILeafSums
{
    /// <param name="leaves">[trees, 32] Leaves of the rows, by their numbers among those of all
    /// trees.</param>
    /// <param name="outputs">[rows, stride] The first numbers of each row are filled, one for each
    /// target.</param>
    void Add(ReadOnlySpan<int> leaves, int rowCount, Span<double> outputs, int stride);
}
