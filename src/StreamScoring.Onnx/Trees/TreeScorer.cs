using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Trees;

/// <summary>A model on the tree kernel.</summary>
/// <param name="inputs">[features] For each feature of the trees, the model's input.</param>
/// <param name="outputColumn">Which of the trees' outputs is the model's.</param>
internal sealed class TreeScorer(TreeEnsembleKernel kernel, IReadOnlyList<int> inputs, int outputColumn)
{
    /// <param name="featureColumns">[inputs] For each input of the model, the column of the feature
    /// matrix.</param>
    public IScoringLane OpenLane(IReadOnlyList<int> featureColumns) =>
        new TreeLane(kernel, [.. inputs.Select(input => featureColumns[input])], outputColumn);
}
