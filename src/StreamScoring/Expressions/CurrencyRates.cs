namespace StreamScoring.Expressions;

/// <summary>What currencies are worth in one of them.</summary>
/// <param name="hash"><c>sha256:</c> and the hash of the file that says so.</param>
/// <param name="unitsPerBase">[currencies] Units of each for one unit of the base; NaN where that
/// is not known.</param>
public sealed class CurrencyRates(string hash, short baseIndex, double[] unitsPerBase)
{
    private const double Units = 10_000;

    public string Hash => hash;

    public short BaseIndex => baseIndex;

    /// <returns>
    /// Rounded to a ten-thousandth of a major unit, as features fold it: else 33.27 of a currency
    /// of which 0.3327 are worth 1 would be a little more than 100. NaN where a rate is missing.
    /// </returns>
    public double Convert(double value, short from, short to) => from == to ? value : Math.Round(value / unitsPerBase[from] * unitsPerBase[to] * Units) / Units;
}
