using System.Globalization;
using StreamScoring.Expressions;

namespace StreamScoring.Tests.Rules;

/// <summary>
/// Evaluates an expression for one payment, node by node, with nullable values: what the compiled
/// form is compared with.
/// </summary>
/// <param name="values">By name: a double or a string; what is missing is not there.</param>
/// <param name="words">The list <c>words</c>.</param>
internal sealed class NaiveInterpreter(IReadOnlyDictionary<string, object> values, IReadOnlySet<string> words)
{
    /// <returns>Null where it is missing.</returns>
    public bool? Truth(Syntax syntax) => syntax switch
    {
        NameSyntax { Name: "true" } => true,
        NameSyntax { Name: "false" } => false,
        UnarySyntax { Operator: "not" } not => !Truth(not.Operand),
        BinarySyntax { Operator: "and" } and => Truth(and.Left) & Truth(and.Right),
        BinarySyntax { Operator: "or" } or => Truth(or.Left) | Truth(or.Right),
        BetweenSyntax between => (Number(between.Operand) is { } x && Number(between.Low) is { } low ? x >= low : null)
            & (Number(between.Operand) is { } y && Number(between.High) is { } high ? y <= high : (bool?)null),
        InSyntax choice => Text(choice.Operand) is { } text ? choice.Choices.Any(option => ((TextSyntax)option).Value == text) : null,
        InListSyntax list => Text(list.Operand) is { } text ? words.Contains(text) : null,
        MissingSyntax { Operand: NameSyntax name } when IsText(name) => Text(name) is null,
        MissingSyntax missing => Number(missing.Operand) is null,
        BinarySyntax comparison when IsText(comparison.Left) => Text(comparison.Left) is { } left && Text(comparison.Right) is { } right ? comparison.Operator switch
        {
            "==" => left == right,
            "!=" => left != right,
            "starts_with" => left.StartsWith(right, StringComparison.Ordinal),
            "ends_with" => left.EndsWith(right, StringComparison.Ordinal),
            _ => left.Contains(right, StringComparison.Ordinal),
        }
        : null,
        BinarySyntax comparison => Number(comparison.Left) is { } left && Number(comparison.Right) is { } right ? comparison.Operator switch
        {
            "==" => left == right,
            "!=" => left != right,
            "<" => left < right,
            "<=" => left <= right,
            ">" => left > right,
            _ => left >= right,
        }
        : null,
        _ => throw new InvalidOperationException($"{syntax}"),
    };

    private double? Number(Syntax syntax)
    {
        var value = syntax switch
        {
            NumberSyntax number => number.Value,
            NameSyntax name => values.TryGetValue(name.Name, out var given) ? Convert.ToDouble(given, CultureInfo.InvariantCulture) : null,
            UnarySyntax unary => -Number(unary.Operand),
            BinarySyntax { Operator: "+" } sum => Number(sum.Left) + Number(sum.Right),
            BinarySyntax { Operator: "-" } difference => Number(difference.Left) - Number(difference.Right),
            BinarySyntax { Operator: "*" } product => Number(product.Left) * Number(product.Right),
            BinarySyntax quotient => Number(quotient.Right) is 0 ? null : Number(quotient.Left) / Number(quotient.Right),
            CallSyntax { Function: "coalesce" } call => Number(call.Arguments[0]) ?? Number(call.Arguments[1]),
            CallSyntax call => Number(call.Arguments[0]) is { } x && Number(call.Arguments[1]) is { } y ? call.Function == "min" ? Math.Min(x, y) : Math.Max(x, y) : null,
            _ => throw new InvalidOperationException($"{syntax}"),
        };
        return value is { } number2 && double.IsNaN(number2) ? null : value;
    }

    private string? Text(Syntax syntax) => syntax is TextSyntax text ? text.Value : (string?)values.GetValueOrDefault(((NameSyntax)syntax).Name);

    private static bool IsText(Syntax syntax) => syntax is TextSyntax || (syntax is NameSyntax name && ExpressionGenerator.Texts.Contains(name.Name));
}
