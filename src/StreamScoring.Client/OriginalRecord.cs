using System.Text;
using Confluent.Kafka;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>A record as a publisher sent it, read again from its position.</summary>
/// <param name="Missing">Why it cannot be read any more; null where it was read.</param>
public sealed record OriginalRecord(DecisionSource Source, string? Missing)
{
    public ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>
    /// Looks for a card number in the key and the headers, which are written again as they are.
    /// </summary>
    /// <param name="isKeyExempt">Whether the key is not looked at: the id that it holds may look
    /// like one.</param>
    /// <returns>"its key", "its header pan" or "the name of a header"; null where there is
    /// none.</returns>
    public string? FindCardNumber(bool isKeyExempt)
    {
        if (Message?.Key is { } key && !isKeyExempt && CardNumber.IsInBytes(key))
        {
            return "its key";
        }

        foreach (var header in Message?.Headers ?? [])
        {
            if (CardNumber.IsInBytes(Encoding.UTF8.GetBytes(header.Key)))
            {
                return "the name of a header";
            }

            if (header.GetValueBytes() is { } value && CardNumber.IsInBytes(value))
            {
                return $"its header {header.Key}";
            }
        }

        return null;
    }

    internal Message<byte[]?, byte[]?>? Message { get; init; }
}
