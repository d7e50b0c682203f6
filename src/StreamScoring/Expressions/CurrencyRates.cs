namespace StreamScoring.Expressions;

/// <summary>What currencies are worth in one of them.</summary>
/// <param name="hash"><c>sha256:</c> and the hash of the file that says so.</param>
/// <param name="unitsPerBase">[currencies] Units of each for one unit of the base; NaN where that
/// is not known.</param>
public sealed class CurrencyRates(string hash, short baseIndex, double[] unitsPerBase)
{
    public string Hash => hash;

    public short BaseIndex => baseIndex;

    /// <returns>NaN where a rate is missing.</returns>
    public double Convert(double value, short from, short to) => from == to ? value : value / unitsPerBase[from] * unitsPerBase[to];
}
