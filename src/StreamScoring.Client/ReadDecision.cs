using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>A decision as it was read.</summary>
/// <param name="Source">The payment's position, from the record's headers.</param>
/// <param name="Value">JSON where it starts with a brace, else the compact form (<see cref="DecisionMessagePack"/>).</param>
public readonly record struct ReadDecision(DecisionSource Source, ReadOnlyMemory<byte> Value)
{
    public bool IsJson => Value.Span is [(byte)'{', ..];
}
