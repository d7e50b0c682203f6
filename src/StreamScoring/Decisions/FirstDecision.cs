using StreamScoring.Batches;

namespace StreamScoring.Decisions;

/// <summary>What was decided when a payment came first.</summary>
/// <param name="Probability">NaN where the model gave no number; likewise the raw output.</param>
public readonly record struct FirstDecision(double Probability, double Raw, byte Score, RiskLevel Level, DecisionAction Action);
