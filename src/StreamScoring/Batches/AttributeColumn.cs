namespace StreamScoring.Batches;

/// <summary>
/// One free attribute that a feature, rule or model names. A row's value is a number, a text, or
/// missing.
/// </summary>
/// <param name="rowsMax">Rows the column can hold.</param>
public sealed class AttributeColumn(int rowsMax)
{
    /// <summary>[rows] NaN where the value is a text or is missing.</summary>
    public readonly double[] Number = new double[rowsMax];

    public readonly TextColumn Text = new(rowsMax);

    public void SetMissing(int rowIndex)
    {
        Number[rowIndex] = double.NaN;
        Text.SetMissing(rowIndex);
    }
}
