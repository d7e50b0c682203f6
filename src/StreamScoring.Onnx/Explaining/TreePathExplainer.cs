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
    private readonly RowBlock _block = new(paths.Features.Count);

    /// <inheritdoc/>
    public void Explain(FeatureMatrix features, int rowIndex, Span<double> contributions)
    {
        Invariant.Require(contributions.Length == _inputCount);
        paths.Reader.Read(features, _columns, [rowIndex], _block);
        contributions.Clear();
        paths.AddContributions(_block, contributions);
    }

    public void Stop()
    {
        // A call always ends by itself.
    }

    public void Dispose()
    {
    }
}
