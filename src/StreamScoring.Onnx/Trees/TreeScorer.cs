using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Trees;

/// <summary>A model on the tree kernel.</summary>
/// <param name="outputColumn">Which of the trees' outputs is the model's.</param>
internal sealed class TreeScorer(TreeEnsembleKernel kernel, int outputColumn)
{
    public LeafFinder Leaves => kernel.Leaves;

    /// <param name="featureColumns">[inputs] For each input of the model, the column of the feature
    /// matrix.</param>
    public IScoringLane OpenLane(IReadOnlyList<int> featureColumns) => new TreeLane(kernel, kernel.Leaves.ColumnsOf(featureColumns), outputColumn);
}
