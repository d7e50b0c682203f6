namespace StreamScoring.Onnx.Trees;

/// <summary>
/// A tree ensemble laid out for evaluation. Immutable: threads share it. Weights are added in the
/// order of the trees and in their kind, as ONNX Runtime does on one thread, so that sums come out
/// the same to the last bit.
/// </summary>
internal sealed class TreeEnsembleKernel(TreeEnsemble ensemble)
{
    private readonly ILeafSums _sums = ensemble.IsDouble ? new LeafSums<double>(ensemble) : new LeafSums<float>(ensemble);
    private readonly TreeScores _scores = new(ensemble);

    public LeafFinder Leaves { get; } = new(ensemble);

    /// <summary>Numbers that come out for a row.</summary>
    public int OutputCount { get; } = ensemble.OutputCount;

    /// <summary>Makes the outputs of rows whose leaves are known. Allocates nothing.</summary>
    /// <param name="leaves">[trees, 32] As the finder found them.</param>
    /// <param name="outputs">[rows, outputs] Filled.</param>
    public void Score(ReadOnlySpan<int> leaves, int rowCount, Span<double> outputs)
    {
        Invariant.Require(rowCount is > 0 and <= RowBlock.RowsMax);
        Invariant.Require(outputs.Length == rowCount * OutputCount);
        _sums.Add(leaves, rowCount, outputs, OutputCount);
        for (var row = 0; row < rowCount; row++)
        {
            _scores.Finish(outputs.Slice(row * OutputCount, OutputCount));
        }
    }
}
