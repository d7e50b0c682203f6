using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>A dead letter as it was read.</summary>
/// <param name="Value">The record as it stands in the topic: JSON.</param>
public sealed record ReadDeadLetter(DeadLetter Letter, ReadOnlyMemory<byte> Value);
