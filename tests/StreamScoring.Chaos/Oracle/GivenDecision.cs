using StreamScoring.Contracts;

namespace StreamScoring.Chaos.Oracle;

/// <summary>A decision as it stands in its topic.</summary>
public sealed record GivenDecision(LogRecord Record, DecisionRecord Content)
{
    /// <summary>What it answers.</summary>
    public Position Source => Record.Source!.Value;

    /// <param name="schemas">By id.</param>
    public static GivenDecision Read(LogRecord record, IReadOnlyDictionary<string, DecisionSchema> schemas) =>
        new(record, DecisionMessagePack.Read(record.Value, schemas.GetValueOrDefault));
}
