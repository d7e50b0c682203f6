namespace StreamScoring.Contracts;

/// <summary>What a shadow model made of the payment; it decides nothing.</summary>
public sealed record ShadowScore(string Model, double Probability);
