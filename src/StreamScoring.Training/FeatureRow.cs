using StreamScoring.Batches;
using StreamScoring.Files;

namespace StreamScoring.Training;

/// <summary>A payment's features, kept for rows that repeat it.</summary>
internal sealed class FeatureRow
{
    /// <summary>By feature; NaN for a missing one and for a text.</summary>
    private readonly double[] _numbers;

    /// <summary>By feature; null for a number.</summary>
    private readonly byte[]?[] _texts;

    public FeatureRow(FeatureMatrix features, int rowIndex)
    {
        (_numbers, _texts) = (new double[features.FeatureCount], new byte[]?[features.FeatureCount]);
        for (var i = 0; i < _numbers.Length; i++)
        {
            _texts[i] = features.TextOf(i)?.Value(features.TextBytes, rowIndex).ToArray();
            _numbers[i] = features.Column(i)[rowIndex];
        }
    }

    public void Write(TableWriter writer)
    {
        for (var i = 0; i < _numbers.Length; i++)
        {
            if (_texts[i] is { } text)
            {
                writer.Text(text);
            }
            else
            {
                writer.Number(_numbers[i]);
            }
        }
    }

    /// <summary>The same without a copy.</summary>
    public static void Write(TableWriter writer, FeatureMatrix features, int rowIndex)
    {
        for (var i = 0; i < features.FeatureCount; i++)
        {
            if (features.TextOf(i) is { } text)
            {
                writer.Text(text.Value(features.TextBytes, rowIndex));
            }
            else
            {
                writer.Number(features.Column(i)[rowIndex]);
            }
        }
    }
}
