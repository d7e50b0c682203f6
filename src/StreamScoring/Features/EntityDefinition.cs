namespace StreamScoring.Features;

/// <summary>
/// An entity of a feature file: what makes its key, and the conditions that its features put on
/// payments.
/// </summary>
/// <param name="KeyNames">Names in the file of what makes the key.</param>
/// <param name="Keys">The same: text fields, attributes, and features that follow from the payment
/// alone.</param>
/// <param name="Filters">By filter index; the first is of no condition.</param>
/// <param name="Level">0 where its features look at what records say. Where they look at features
/// of the payments, they are folded after these, apart: one level higher than the highest of
/// them.</param>
internal sealed record EntityDefinition(IReadOnlyList<string> KeyNames, IReadOnlyList<ValueSource> Keys, IReadOnlyList<FilterDefinition> Filters, int Level = 0)
{
    /// <summary>The names alone.</summary>
    public string KeyName => string.Join('+', KeyNames);

    /// <summary>No other entity of the file has it.</summary>
    public string Name => Level == 0 ? KeyName : $"{KeyName}@{Level}";
}
