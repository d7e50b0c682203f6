using StreamScoring.Batches;
using StreamScoring.Onnx.Trees;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Explaining;

/// <summary>
/// Explains a row by its paths through the trees, exactly: contributions and the bias add up to
/// what the trees add up to.
/// </summary>
/// <param name="featureColumns">[inputs] For each input of the model, the column of the feature
/// matrix.</param>
internal sealed class TreePathExplainer(TreePaths paths, IReadOnlyList<int> featureColumns) : IExplainer
{
    private readonly int[] _columns = [.. paths.Features.Select(feature => featureColumns[feature.Input])];
    private readonly int _inputCount = featureColumns.Count;
    private readonly RowBlock _block = paths.Leaves?.NewBlock() ?? new RowBlock(paths.Features.Count);
    private readonly int[] _leaves = paths.Leaves?.NewLeaves() ?? [];

    /// <inheritdoc/>
    public int RowsMax => RowBlock.RowsMax;

    /// <inheritdoc/>
    public void Explain(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> contributions)
    {
        Invariant.Require(rows.Length <= RowsMax);
        Invariant.Require(contributions.Length == rows.Length * _inputCount);
        contributions.Clear();
        if (paths is { Leaves: { } finder, ByLeaf: { } byLeaf })
        {
            finder.Find(features, _columns, rows, _block, _leaves);
            byLeaf.AddContributions(_leaves, rows.Length, contributions);
            return;
        }

        for (var row = 0; row < rows.Length; row++)
        {
            paths.Reader.Read(features, _columns, rows.Slice(row, 1), _block);
            paths.AddContributions(_block, contributions.Slice(row * _inputCount, _inputCount));
        }
    }

    public void Stop()
    {
        // A call always ends by itself.
    }

    public void Dispose()
    {
    }
}
