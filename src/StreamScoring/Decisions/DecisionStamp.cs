namespace StreamScoring.Decisions;

/// <summary>
/// What every decision of a configuration names: with it the decision can be derived again.
/// </summary>
/// <param name="FeatureFile">This and the hashes below are <c>sha256:</c> and 64 hexadecimal
/// digits.</param>
/// <param name="RuleFile">Null where there is none.</param>
/// <param name="BudgetMs">A payment decided later than this after its log timestamp is flagged
/// late.</param>
public sealed record DecisionStamp(
    string FeatureFile, string? RuleFile, string Config, IReadOnlyList<string> FeatureNames, long BudgetMs)
{
    /// <summary>[shadows] How decisions name the shadow models.</summary>
    public IReadOnlyList<string> ShadowIds { get; init; } = [];

    /// <summary>[features] What a reason says of each; empty: its name.</summary>
    public IReadOnlyList<string> FeatureTexts { get; init; } = [];
}
