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
    /// <param name="inputCount">Inputs of the model.</param>
    /// <returns>[inputs, 256]</returns>
    public static FeatureMatrix Rows(TreeEnsemble ensemble, int inputCount)
    {
        var random = new Random(20_180_401);
        var thresholds = ensemble.Trees.SelectMany(tree => tree.Splits).ToLookup(split => split.Feature, split => split.Threshold);
        var matrix = new FeatureMatrix(inputCount, RowCount);
        for (var i = 0; i < ensemble.Features.Count; i++)
        {
            var feature = ensemble.Features[i];
            var known = thresholds[i].Select(feature.InputAt).ToArray();
            var column = matrix.Column(feature.Input);
            for (var row = 0; row < RowCount; row++)
            {
                column[row] = Value(random, known, feature.IsFloatInput);
            }
        }

        return matrix;
    }

    private static double Value(Random random, double[] thresholds, bool isFloat)
    {
        var threshold = thresholds.Length == 0 ? random.NextSingle() : thresholds[random.Next(thresholds.Length)];
        return random.Next(12) switch
        {
            0 => double.NaN,
            1 => random.Next(2) == 0 ? double.PositiveInfinity : double.NegativeInfinity,
            2 => random.Next(2) == 0 ? 0d : -0d,
            < 5 => isFloat ? MathF.BitIncrement((float)threshold) : Math.BitIncrement(threshold),
            < 8 => isFloat ? MathF.BitDecrement((float)threshold) : Math.BitDecrement(threshold),
            _ => threshold,
        };
    }
}
