using System.Globalization;
using System.Text;
using StreamScoring.Batches;
using StreamScoring.Expressions;

namespace StreamScoring.Rules;

/// <summary>What a rule saw of a payment: for people, one payment at a time.</summary>
internal static class RuleValues
{
    /// <param name="world">With the attributes that batches have.</param>
    /// <param name="batch">With the verdict.</param>
    /// <returns>
    /// By what the rule's condition looks at, in its order: a number, a text, or null where it is
    /// missing; of <c>@list</c>, whether what is looked for stands in it.
    /// </returns>
    public static IReadOnlyList<KeyValuePair<string, object?>> Of(RuleWorld world, Rule rule, PaymentBatch batch, int rowIndex)
    {
        var values = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        Add(rule.Syntax);
        return [.. values];

        void Add(Syntax syntax)
        {
            foreach (var part in syntax.Parts)
            {
                Add(part);
            }

            if (syntax is NameSyntax { Name: not ("true" or "false") and var name })
            {
                values[name] = ValueOf(new RuleScope(world), name, batch, rowIndex);
            }
            else if (syntax is InListSyntax { List: var list })
            {
                values[$"@{list}"] = IsIn(world, syntax, batch, rowIndex);
            }
            else if (syntax is CallSyntax { Function: "shadow", Arguments: [TextSyntax { Value: var shadow }] })
            {
                values[string.Create(CultureInfo.InvariantCulture, $"shadow(\"{shadow}\")")] = Number(new RuleScope(world).Shadow(shadow)!, batch, rowIndex);
            }
        }
    }

    private static object? ValueOf(RuleScope scope, string name, PaymentBatch batch, int rowIndex)
    {
        var value = scope.Resolve(name, wantsText: false) is { } node ? Value(node, batch, rowIndex) : null;
        // What an attribute is follows from its use; a record has it as one or the other.
        return value ?? (scope.Resolve(name, wantsText: true) is { Type: ExpressionType.Text } text ? Value(text, batch, rowIndex) : null);
    }

    private static object? Value(Expression node, PaymentBatch batch, int rowIndex) => node.Type switch
    {
        ExpressionType.Text => node.Texts(batch)[rowIndex] is { IsEmpty: false } text ? Encoding.UTF8.GetString(text) : null,
        _ => Number(node, batch, rowIndex),
    };

    private static double? Number(Expression node, PaymentBatch batch, int rowIndex) =>
        node.Numbers(batch)[rowIndex] is var number && double.IsNaN(number) ? null : number;

    private static bool? IsIn(RuleWorld world, Syntax syntax, PaymentBatch batch, int rowIndex)
    {
        var scope = new RuleScope(world);
        var condition = new ExpressionBinder(scope).BindCondition(syntax);
        foreach (var slot in scope.Slots.Values)
        {
            slot.Current = batch.Lists?[slot.Name] ?? slot.Current;
        }

        var truths = condition.Truths(batch);
        var (word, bit) = (rowIndex / TruthMask.WordBits, 1UL << (rowIndex % TruthMask.WordBits));
        return (truths.Missing[word] & bit) != 0 ? null : (truths.True[word] & bit) != 0;
    }
}
