namespace StreamScoring.Chaos;

/// <summary>What a run is asked to do.</summary>
/// <param name="RoundsMax">Faults.</param>
/// <param name="DurationMax">For faults; the start and the judgement come on top, and are bounded
/// by themselves.</param>
/// <param name="Rate">Records published per second.</param>
/// <param name="UsesConsumerProtocol">The group protocol of KIP-848 instead of the classic
/// one.</param>
/// <param name="IsTransactional">Delivery in transactions: then any read_committed reader is to see
/// each decision once, and the reader's rule is not needed.</param>
/// <param name="Faults">Names of the faults to draw from; empty for all.</param>
/// <param name="Port">First of the run's 300 ports.</param>
/// <param name="LogFolder">Where the processes' logs go; null: they are kept only if something is
/// wrong.</param>
public sealed record ChaosOptions(
    int Seed, int RoundsMax, TimeSpan DurationMax, int Rate, bool UsesConsumerProtocol, bool IsTransactional, IReadOnlyList<string> Faults, int Port, string? LogFolder);
