using StreamScoring.Batches;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Trees;

/// <summary>A lane on the tree kernel.</summary>
/// <param name="columns">[features] For each feature of the trees, the column of the feature
/// matrix.</param>
/// <param name="outputColumn">Which of the trees' outputs is the model's.</param>
internal sealed class TreeLane(TreeEnsembleKernel kernel, int[] columns, int outputColumn) : IScoringLane
{
    private readonly RowBlock _block = kernel.Leaves.NewBlock();
    private readonly int[] _leaves = kernel.Leaves.NewLeaves();
    private readonly double[] _outputs = new double[kernel.OutputCount * RowBlock.RowsMax];

    public void Score(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw)
    {
        Invariant.Require(rows.Length == raw.Length);
        for (var done = 0; done < rows.Length; done += RowBlock.RowsMax)
        {
            var count = Math.Min(RowBlock.RowsMax, rows.Length - done);
            kernel.Leaves.Find(features, columns, rows.Slice(done, count), _block, _leaves);
            var outputs = _outputs.AsSpan(0, count * kernel.OutputCount);
            kernel.Score(_leaves, count, outputs);
            for (var row = 0; row < count; row++)
            {
                raw[done + row] = outputs[(row * kernel.OutputCount) + outputColumn];
            }
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
