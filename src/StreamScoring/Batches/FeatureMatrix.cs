namespace StreamScoring.Batches;

/// <summary>Feature values of a batch, column by column. A missing value is NaN.</summary>
public sealed class FeatureMatrix
{
    private readonly double[] _values;
    private readonly TextColumn?[] _texts;

    public FeatureMatrix(int featureCount, int rowsMax)
    {
        (FeatureCount, RowsMax) = (featureCount, rowsMax);
        _values = new double[featureCount * rowsMax];
        _texts = new TextColumn?[featureCount];
    }

    public int FeatureCount { get; }

    public int RowsMax { get; }

    /// <summary>[rows] The values of one feature.</summary>
    public Span<double> Column(int featureIndex) => _values.AsSpan(featureIndex * RowsMax, RowsMax);

    /// <summary>
    /// The column of a text feature, whose slices point into <see cref="TextBytes"/>; null for a
    /// number.
    /// </summary>
    public TextColumn? TextOf(int featureIndex) => _texts[featureIndex];

    /// <summary>The bytes that text columns point into.</summary>
    public byte[] TextBytes { get; private set; } = [];

    /// <summary>Makes a feature an alias of a text column.</summary>
    public void SetText(int featureIndex, TextColumn column, byte[] bytes)
    {
        _texts[featureIndex] = column;
        TextBytes = bytes;
    }
}
