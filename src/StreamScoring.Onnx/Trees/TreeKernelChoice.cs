using StreamScoring.Batches;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Whether the tree kernel serves a model. It does where it covers the graph and gives what ONNX
/// Runtime gives for the rows at hand.
/// </summary>
internal static class TreeKernelChoice
{
    /// <summary>
    /// Two units in the last place of a float at 1. Sums are the same to the last bit; a
    /// transform's exponential may be another library's.
    /// </summary>
    private const double Tolerance = 2.4e-7;

    /// <param name="readable">The model's trees, as far as they can be read.</param>
    /// <param name="onnx">The model on ONNX Runtime, loaded and probed.</param>
    /// <param name="golden">The folder's golden rows; null for a bare file.</param>
    /// <param name="reason">Why the kernel does not serve the model; empty where it does.</param>
    /// <returns>Null where ONNX Runtime serves the model.</returns>
    public static TreeScorer? Make(ReadableTrees readable, OnnxModel onnx, ScoringTable? golden, out string reason)
    {
        if (readable.Ensemble is not { } ensemble)
        {
            reason = readable.Reason;
            return null;
        }

        try
        {
            var trees = new TreeScorer(new TreeEnsembleKernel(ensemble), readable.OutputColumn);
            RequireSame(onnx, trees, TreeProbe.Rows(ensemble, onnx.Inputs.Count), TreeProbe.RowCount, "probe");
            if (golden is not null)
            {
                RequireSame(onnx, trees, golden.Features, golden.RowCount, "golden");
            }

            reason = "";
            return trees;
        }
        catch (TreesNotCoveredException e)
        {
            reason = e.Message;
            return null;
        }
        catch (ModelFailedException e) when (e.Kind == ModelFailureKind.Failed)
        {
            reason = $"ONNX Runtime fails on rows beside its trees' thresholds: {e.Reason}";
            return null;
        }
    }

    /// <exception cref="TreesNotCoveredException">They differ.</exception>
    internal static void RequireSame(OnnxModel onnx, TreeScorer trees, FeatureMatrix features, int rowCount, string kind)
    {
        int[] columns = [.. Enumerable.Range(0, onnx.Inputs.Count)], rows = [.. Enumerable.Range(0, rowCount)];
        var (expected, actual) = (new double[rowCount], new double[rowCount]);
        using var onnxLane = onnx.OpenLane(columns, rowCount);
        using var treeLane = trees.OpenLane(columns);
        onnxLane.Score(features, rows, expected);
        treeLane.Score(features, rows, actual);
        for (var row = 0; row < rowCount; row++)
        {
            var isSame = expected[row].Equals(actual[row]) || Math.Abs(expected[row] - actual[row]) <= Tolerance * Math.Max(1, Math.Abs(expected[row]));
            if (!isSame)
            {
                throw new TreesNotCoveredException($"for {kind} row {row} ONNX Runtime gives {expected[row]:R} and the kernel {actual[row]:R}");
            }
        }
    }
}
