namespace StreamScoring.Batches;

/// <summary>For each row the features that pushed its risk up most, the strongest first.</summary>
/// <param name="reasonsMax">Of a row; 0: none are kept.</param>
public sealed class ReasonColumns(int reasonsMax, int rowsMax)
{
    private readonly int[] _features = new int[reasonsMax * rowsMax];
    private readonly double[] _contributions = new double[reasonsMax * rowsMax];

    public int ReasonsMax => reasonsMax;

    /// <summary>[rows] How many a row has.</summary>
    public readonly int[] Count = new int[rowsMax];

    /// <summary>
    /// [reasonsMax] Columns of the feature matrix; the first <see cref="Count"/> of them are meant.
    /// </summary>
    public Span<int> Features(int rowIndex) => _features.AsSpan(rowIndex * reasonsMax, reasonsMax);

    /// <summary>[reasonsMax] How much each pushed the model's output up.</summary>
    public Span<double> Contributions(int rowIndex) => _contributions.AsSpan(rowIndex * reasonsMax, reasonsMax);

    /// <summary>
    /// Keeps those of some contributions that are above zero and largest. Allocates nothing.
    /// </summary>
    /// <param name="features">[n] The column of each.</param>
    /// <param name="contributions">[n] NaN counts as none.</param>
    public void Keep(int rowIndex, ReadOnlySpan<int> features, ReadOnlySpan<double> contributions)
    {
        var kept = Features(rowIndex);
        var values = Contributions(rowIndex);
        var count = 0;
        for (var i = 0; i < features.Length; i++)
        {
            var at = count;
            while (at > 0 && contributions[i] > values[at - 1])
            {
                at--;
            }

            if (!(contributions[i] > 0) || at == reasonsMax)
            {
                continue;
            }

            count = Math.Min(count + 1, reasonsMax);
            for (var move = count - 1; move > at; move--)
            {
                (kept[move], values[move]) = (kept[move - 1], values[move - 1]);
            }

            (kept[at], values[at]) = (features[i], contributions[i]);
        }

        Count[rowIndex] = count;
    }
}
