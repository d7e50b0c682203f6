using StreamScoring.Batches;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Rows that lie where trees may go wrong: on their thresholds and right beside them, missing,
/// infinite, zero of either sign.
/// </summary>
internal static class TreeProbe
{
    public const int RowCount = 256;

    /// <summary>Always the same for the same trees.</summary>
    /// <param name="inputs">[features] For each feature of the trees, the model's input.</param>
    /// <returns>[inputs, 256]</returns>
    public static FeatureMatrix Rows(TreeEnsemble ensemble, IReadOnlyList<int> inputs, int inputCount)
    {
        var random = new Random(20_180_401);
        var thresholds = ensemble.Trees.SelectMany(tree => tree.Splits).ToLookup(split => split.Feature, split => split.Threshold);
        var matrix = new FeatureMatrix(inputCount, RowCount);
        for (var feature = 0; feature < inputs.Count; feature++)
        {
            var known = thresholds[feature].ToArray();
            var column = matrix.Column(inputs[feature]);
            for (var row = 0; row < RowCount; row++)
            {
                column[row] = Value(random, known);
            }
        }

        return matrix;
    }

    private static float Value(Random random, float[] thresholds)
    {
        var threshold = thresholds.Length == 0 ? random.NextSingle() : thresholds[random.Next(thresholds.Length)];
        return random.Next(12) switch
        {
            0 => float.NaN,
            1 => random.Next(2) == 0 ? float.PositiveInfinity : float.NegativeInfinity,
            2 => random.Next(2) == 0 ? 0f : -0f,
            < 5 => MathF.BitIncrement(threshold),
            < 8 => MathF.BitDecrement(threshold),
            _ => threshold,
        };
    }
}
