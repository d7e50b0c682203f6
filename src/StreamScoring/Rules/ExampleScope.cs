using StreamScoring.Contracts;
using StreamScoring.Expressions;
using StreamScoring.Lists;

namespace StreamScoring.Rules;

/// <summary>
/// The names that a rule uses with an example's values in place of a payment's. What the example
/// does not say is missing. A list holds what the example says of it, else nothing: a change of a
/// list must not make a file of rules wrong.
/// </summary>
/// <param name="values">By name; a shadow model's by <c>shadow("NAME")</c>.</param>
/// <param name="lists">By name: the entries of a list.</param>
internal sealed class ExampleScope(RuleScope rules, IReadOnlyDictionary<string, Expression> values, IReadOnlyDictionary<string, IReadOnlyList<string>> lists) : IExpressionScope
{
    public IEnumerable<string> Names => rules.Names;

    public CurrencyRates? Rates => rules.Rates;

    public IEnumerable<string> ListNames => rules.ListNames;

    public IEnumerable<string> ShadowNames => rules.ShadowNames;

    public Expression? Resolve(string name, bool wantsText)
    {
        var real = rules.Resolve(name, wantsText);
        return real is null ? null
            // The base amount follows from the amount, where the example does not say it.
            : real is BaseAmountNode && !values.ContainsKey(name) ? new BaseAmountNode(ValueOr("amount", ExpressionType.Number), rules.Rates!)
            : ValueOr(name, real.Type, real.Field);
    }

    public string? WhyNot(string name) => rules.WhyNot(name);

    public Expression? ResolveMissing(string name) =>
        rules.ResolveMissing(name) is null ? null : new ConstantNode(values.ContainsKey(name) ? 0 : 1, ExpressionType.Truth);

    public ListSlot? List(string name, ListUse use) =>
        rules.List(name, use) is null ? null
            : lists.TryGetValue(name, out var entries) ? new ListSlot(name, EntryList.Of(name, "", use, entries.Select(entry => new ListEntry(entry, ListEntry.Forever, null))))
            : new ListSlot(name, EntryList.Empty(name, EntryList.OfProcess));

    public Expression? Shadow(string name) => rules.Shadow(name) is null ? null : ValueOr($"shadow(\"{name}\")", ExpressionType.Number);

    private Expression ValueOr(string name, ExpressionType type, TextField? field = null) =>
        values.TryGetValue(name, out var value) && value.Type == type ? value is TextConstantNode text ? text.Of(field) : value
            : type == ExpressionType.Text ? new TextConstantNode("", field)
            : new ConstantNode(double.NaN, type);
}
