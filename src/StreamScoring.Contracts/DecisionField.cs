using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>One field of a decision, or one part of a field.</summary>
/// <param name="Position">In the MessagePack array; of a part, in the field's array.</param>
/// <param name="Name">In JSON: a contract.</param>
/// <param name="ValueOf">A group is an array of its parts' values; a part has its value
/// there.</param>
/// <param name="Meaning">A phrase of docs/wire-format.md; empty for a part.</param>
/// <param name="IsNullable">Whether a decision may do without a value.</param>
/// <param name="IsLater">Whether decisions of older releases end before it.</param>
internal sealed record DecisionField(
    int Position, string Name, DecisionKind Kind, Func<DecisionRecord, object?> ValueOf, string Meaning, bool IsNullable = false, bool IsLater = false, params DecisionField[] Parts)
{
    /// <summary>Escaped once, not for each decision.</summary>
    public JsonEncodedText JsonName { get; } = JsonEncodedText.Encode(Name);

    /// <summary>How many parts every release has written.</summary>
    public int PartsMin { get; } = Parts.Count(part => !part.IsLater);
}
