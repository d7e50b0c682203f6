using System.Text.Json.Serialization;
using StreamScoring.Chaos.Oracle;

namespace StreamScoring.Chaos;

/// <summary>What a run prints: one JSON object.</summary>
/// <param name="Faults">How often each fault was done.</param>
/// <param name="Starts">Processes started.</param>
/// <param name="EndedByThemselves">Processes that ended though nobody had asked them to, and what
/// they said last.</param>
/// <param name="Digest">Of all states at the end; null where they were not compared.</param>
/// <param name="NotCompared">What was not compared because records are gone; empty where all
/// was.</param>
/// <param name="Violations">Broken promises; empty where the run passed.</param>
public sealed record ChaosSummary(
    [property: JsonPropertyName("seed")] int Seed,
    [property: JsonPropertyName("protocol")] string Protocol,
    [property: JsonPropertyName("delivery")] string Delivery,
    [property: JsonPropertyName("rounds")] int Rounds,
    [property: JsonPropertyName("faults")] IReadOnlyDictionary<string, int> Faults,
    [property: JsonPropertyName("seconds")] double Seconds,
    [property: JsonPropertyName("starts")] int Starts,
    [property: JsonPropertyName("ended_by_themselves")] IReadOnlyList<string> EndedByThemselves,
    [property: JsonPropertyName("judged")] Verdict? Judged,
    [property: JsonPropertyName("digest")] string? Digest,
    [property: JsonPropertyName("not_compared")] IReadOnlyList<string> NotCompared,
    [property: JsonPropertyName("violations")] IReadOnlyList<string> Violations);
