using StreamScoring.Contracts;
using StreamScoring.Drift;
using StreamScoring.Features;
using StreamScoring.Rules;

namespace StreamScoring.Host.Explaining;

/// <summary>One decision, with what it rested on.</summary>
/// <param name="Rules">Those of the policy that decided, in the order of their file.</param>
/// <param name="Notices">What whoever reads it should know, a sentence each.</param>
internal sealed record Explanation(DecisionRecord Decision, IReadOnlyList<ExplainedFeature> Features, IReadOnlyList<ExplainedRule> Rules, IReadOnlyList<string> Notices);

/// <summary>A feature as it was served.</summary>
/// <param name="Value">A number, a text, or null where it is missing.</param>
/// <param name="Entity">Whose past it looks at; null where it looks at the payment alone.</param>
/// <param name="Histogram">Of the model's card; null where the card has none.</param>
internal sealed record ExplainedFeature(string Name, object? Value, string? Entity, Window? Window, ReferenceHistogram? Histogram)
{
    /// <summary>Null where there is no histogram, or no number.</summary>
    public HistogramPlace? Place => Histogram is not null && Value is double number && double.IsFinite(number) ? HistogramPlace.Of(Histogram, number) : null;
}

/// <summary>A rule, and what it made of the payment.</summary>
/// <param name="Values">By what it looks at; empty where the payment's record is gone.</param>
internal sealed record ExplainedRule(Rule Rule, bool Fired, IReadOnlyList<KeyValuePair<string, object?>> Values);
