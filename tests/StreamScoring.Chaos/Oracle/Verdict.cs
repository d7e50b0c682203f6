using System.Text.Json.Serialization;

namespace StreamScoring.Chaos.Oracle;

/// <summary>What the oracle counted, and what it holds against the pipeline.</summary>
/// <param name="Repeated">Decisions and dead letters that a reader drops because it has seen their
/// position.</param>
/// <param name="Gone">Payments and invalid records that were gone before they were
/// answered.</param>
/// <param name="UnderFormerId">Answers on records of a topic that was made anew, under the id of
/// the former one.</param>
/// <param name="NotCompared">What was not compared, or within bounds only, because records are
/// gone; empty where all was.</param>
/// <param name="Violations">Empty where all promises hold; of many of a kind the first few and
/// their number.</param>
public sealed record Verdict(
    int Payments, int Invalid, int Duplicates, int Decisions, int DeadLetters, int Repeated, int Gone, int UnderFormerId, int FeaturesRecounted,
    [property: JsonIgnore] IReadOnlyList<string> NotCompared, IReadOnlyList<string> Violations);
