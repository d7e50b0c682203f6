using StreamScoring.Contracts;

namespace StreamScoring.Features;

/// <summary>
/// An entity of a feature file: the fields that make its key, and the conditions that its features
/// put on payments.
/// </summary>
/// <param name="Filters">By filter index; the first is of no condition.</param>
/// <param name="Level">0 where its features look at what records say. Where they look at features
/// of the payments, they are folded after these, apart: one level higher than the highest of
/// them.</param>
internal sealed record EntityDefinition(IReadOnlyList<TextField> Keys, IReadOnlyList<FilterDefinition> Filters, int Level = 0)
{
    /// <summary>The fields alone.</summary>
    public string KeyName => string.Join('+', Keys.Select(TextFields.NameOf));

    /// <summary>No other entity of the file has it.</summary>
    public string Name => Level == 0 ? KeyName : $"{KeyName}@{Level}";
}
