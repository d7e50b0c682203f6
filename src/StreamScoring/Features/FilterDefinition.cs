using StreamScoring.Expressions;

namespace StreamScoring.Features;

/// <summary>Which payments of an entity a feature counts.</summary>
/// <param name="Condition">Null: all of them.</param>
/// <param name="IsDerived">Whether the condition looks at what was computed from the state: then
/// whether a payment passes depends on what was folded before it.</param>
/// <param name="Label">What must be known of the payment beside.</param>
/// <param name="Base">Of a filter by label: the filter of the same condition alone, by
/// index.</param>
internal sealed record FilterDefinition(Expression? Condition, bool IsDerived, LabelClass Label = LabelClass.Any, int Base = 0)
{
    public static readonly FilterDefinition None = new(null, false);
}
