using StreamScoring.Expressions;

namespace StreamScoring.Features;

/// <summary>Which payments of an entity a feature counts.</summary>
/// <param name="Condition">Null: all of them.</param>
/// <param name="IsDerived">Whether the condition looks at what was computed from the state: then
/// whether a payment passes depends on what was folded before it.</param>
internal sealed record FilterDefinition(Expression? Condition, bool IsDerived)
{
    public static readonly FilterDefinition None = new(null, false);
}
