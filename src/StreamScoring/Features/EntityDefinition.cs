using StreamScoring.Contracts;
using StreamScoring.Expressions;

namespace StreamScoring.Features;

/// <summary>
/// An entity of a feature file: the fields that make its key, and the conditions that its features
/// put on payments.
/// </summary>
/// <param name="Filters">By filter index; the first is null, for no filter.</param>
internal sealed record EntityDefinition(IReadOnlyList<TextField> Keys, IReadOnlyList<Expression?> Filters)
{
    public string Name => string.Join('+', Keys.Select(TextFields.NameOf));
}
