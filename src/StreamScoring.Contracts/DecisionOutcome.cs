namespace StreamScoring.Contracts;

/// <summary>What a decision came to, without what it was based on.</summary>
/// <param name="Action"><c>allow</c>, <c>challenge</c>, <c>review</c> or <c>block</c>.</param>
/// <param name="Score">0 to 99.</param>
/// <param name="Level"><c>normal</c>, <c>elevated</c> or <c>highest</c>.</param>
/// <param name="Probability">Of fraud; null where there was no score.</param>
/// <param name="Raw">The model's own output.</param>
public readonly record struct DecisionOutcome(string Action, int Score, string Level, double? Probability, double? Raw);
