using StreamScoring.Batches;
using StreamScoring.Onnx;

namespace StreamScoring.Training;

/// <summary>How much a model leans on each of its inputs.</summary>
internal static class InputWeights
{
    /// <summary>
    /// So many rows tell a mean to some percent, and are explained within a second.
    /// </summary>
    private const int RowsMax = 1024;

    /// <param name="rows">[rows][inputs] Of training.</param>
    /// <returns>[inputs] The mean of the absolute contributions to the score, as a share of all
    /// inputs': they add up to 1, or are all 0.</returns>
    public static double[] Of(OnnxModel model, IReadOnlyList<float[]> rows)
    {
        var (inputCount, count) = (model.Inputs.Count, Math.Min(RowsMax, rows.Count));
        var matrix = new FeatureMatrix(inputCount, 1);
        var (sums, contributions) = (new double[inputCount], new double[inputCount]);
        using var explainer = model.OpenExplainer([.. Enumerable.Range(0, inputCount)]);
        for (var i = 0; i < count; i++)
        {
            var row = rows[(int)((long)i * rows.Count / count)];
            for (var input = 0; input < inputCount; input++)
            {
                matrix.Column(input)[0] = row[input];
            }

            explainer.Explain(matrix, [0], contributions);
            for (var input = 0; input < inputCount; input++)
            {
                sums[input] += Math.Abs(contributions[input]);
            }
        }

        var total = sums.Sum();
        return total > 0 ? Array.ConvertAll(sums, sum => sum / total) : sums;
    }
}
