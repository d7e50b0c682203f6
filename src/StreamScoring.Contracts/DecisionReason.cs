namespace StreamScoring.Contracts;

/// <summary>A feature that pushed the score up.</summary>
/// <param name="Contribution">In log-odds.</param>
public sealed record DecisionReason(string Feature, double Value, double Contribution, string Text);
