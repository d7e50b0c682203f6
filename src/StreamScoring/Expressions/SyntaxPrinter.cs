using System.Globalization;
using System.Text;

namespace StreamScoring.Expressions;

/// <summary>
/// Writes syntax as text that parses to the same syntax. Two expressions of one text mean the same.
/// </summary>
internal static class SyntaxPrinter
{
    public static string Print(Syntax syntax)
    {
        var text = new StringBuilder();
        Append(text, syntax);
        return text.ToString();
    }

    private static void Append(StringBuilder text, Syntax syntax)
    {
        switch (syntax)
        {
            case NumberSyntax number:
                text.Append(NumberText(number.Value));
                break;
            case MoneySyntax money:
                text.Append(NumberText(money.Value)).Append(' ').Append(money.Currency);
                break;
            case TextSyntax quoted:
                AppendQuoted(text, quoted.Value);
                break;
            case NameSyntax name:
                text.Append(name.Name);
                break;
            case CallSyntax call:
                text.Append(call.Function);
                AppendList(text, call.Arguments);
                break;
            case UnarySyntax unary:
                text.Append(unary.Operator).Append(' ');
                AppendPart(text, unary.Operand);
                break;
            case BinarySyntax binary:
                AppendPart(text, binary.Left);
                text.Append(' ').Append(binary.Operator).Append(' ');
                AppendPart(text, binary.Right);
                break;
            case InSyntax choice:
                AppendPart(text, choice.Operand);
                text.Append(" in ");
                AppendList(text, choice.Choices);
                break;
            case InListSyntax list:
                AppendPart(text, list.Operand);
                text.Append(" in @").Append(list.List);
                break;
            case BetweenSyntax between:
                AppendPart(text, between.Operand);
                text.Append(" between ");
                AppendPart(text, between.Low);
                text.Append(" and ");
                AppendPart(text, between.High);
                break;
            case MissingSyntax missing:
                AppendPart(text, missing.Operand);
                text.Append(" is missing");
                break;
            default:
                throw new InvalidOperationException($"no such syntax: {syntax}");
        }
    }

    /// <summary>Parentheses around whatever is made of parts: no level needs to be known.</summary>
    private static void AppendPart(StringBuilder text, Syntax part)
    {
        if (part is NumberSyntax or MoneySyntax or TextSyntax or NameSyntax or CallSyntax)
        {
            Append(text, part);
            return;
        }

        text.Append('(');
        Append(text, part);
        text.Append(')');
    }

    private static void AppendList(StringBuilder text, IReadOnlyList<Syntax> parts)
    {
        text.Append('(');
        for (var i = 0; i < parts.Count; i++)
        {
            text.Append(i > 0 ? ", " : "");
            Append(text, parts[i]);
        }

        text.Append(')');
    }

    private static string NumberText(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static void AppendQuoted(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            text.Append(c switch
            {
                '"' or '\\' => $"\\{c}",
                < ' ' or '\u007f' => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }

        text.Append('"');
    }
}
