using StreamScoring.Rules;

namespace StreamScoring.Training;

/// <summary>What a rule met in a backtest.</summary>
/// <param name="Rule">In the file.</param>
/// <param name="Hits">Payments for which it fired.</param>
/// <param name="Frauds">Of these, those that are known to be fraud at the end.</param>
/// <param name="UniqueFrauds">Of these, those for which no other rule fired, shadows aside.</param>
/// <param name="FraudAmountMinor">By currency: the frauds' amounts in minor units.</param>
/// <param name="GenuineAmountMinor">By currency: the amounts of all others.</param>
public sealed record RuleTally(
    Rule Rule, long Hits, long Frauds, long UniqueFrauds, IReadOnlyDictionary<string, Int128> FraudAmountMinor, IReadOnlyDictionary<string, Int128> GenuineAmountMinor)
{
    /// <summary>Share of its hits that are fraud; null where it never fired.</summary>
    public double? Precision => Hits == 0 ? null : (double)Frauds / Hits;

    /// <param name="frauds">Of all payments.</param>
    /// <returns>Share of all frauds for which it fired; null where there are none.</returns>
    public double? Recall(long frauds) => frauds == 0 ? null : (double)Frauds / frauds;
}
