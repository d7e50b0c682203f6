namespace StreamScoring.Chaos.Oracle;

/// <summary>What the oracle counted, and what it holds against the pipeline.</summary>
/// <param name="Repeated">Decisions and dead letters that a reader drops because it has seen their position.</param>
/// <param name="Violations">Empty where all promises hold; of many of a kind the first few and their number.</param>
public sealed record Verdict(int Payments, int Invalid, int Duplicates, int Decisions, int DeadLetters, int Repeated, int FeaturesRecounted, IReadOnlyList<string> Violations);
