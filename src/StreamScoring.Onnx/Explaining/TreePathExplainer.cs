using StreamScoring.Batches;
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
    private readonly int[] _columns = [.. featureColumns];
    private readonly float[] _row = new float[featureColumns.Count];

    /// <inheritdoc/>
    public void Explain(FeatureMatrix features, int rowIndex, Span<double> contributions)
    {
        Invariant.Require(contributions.Length == _columns.Length);
        for (var input = 0; input < _columns.Length; input++)
        {
            // Trees compare floats: a double that rounds up to a threshold is on its lower side.
            _row[input] = (float)features.Column(_columns[input])[rowIndex];
        }

        contributions.Clear();
        paths.AddContributions(_row, contributions);
    }

    public void Stop()
    {
        // A call always ends by itself.
    }

    public void Dispose()
    {
    }
}
