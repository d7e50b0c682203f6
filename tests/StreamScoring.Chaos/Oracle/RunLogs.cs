using StreamScoring.Contracts;

namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// Everything that stands in the topics, each partition in offset order, and what stood in the
/// inputs.
/// </summary>
/// <param name="Payments">In the order in which they were made; the last one is there now.</param>
/// <param name="Labels">As the payments.</param>
public sealed record RunLogs(IReadOnlyList<InputTopic> Payments, IReadOnlyList<InputTopic> Labels, IReadOnlyList<LogRecord> Decisions, IReadOnlyList<LogRecord> DeadLetters)
{
    /// <summary>What decisions have in common, by id.</summary>
    public IReadOnlyDictionary<string, DecisionSchema> Schemas { get; init; } = new Dictionary<string, DecisionSchema>();
}
