using Confluent.Kafka;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>A record as a publisher sent it, read again from its position.</summary>
/// <param name="Missing">Why it cannot be read any more; null where it was read.</param>
public sealed record OriginalRecord(DecisionSource Source, string? Missing)
{
    public ReadOnlyMemory<byte> Value { get; init; }

    internal Message<byte[]?, byte[]?>? Message { get; init; }
}
