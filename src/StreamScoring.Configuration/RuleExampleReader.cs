using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Expressions;
using StreamScoring.Lists;
using StreamScoring.Rules;

namespace StreamScoring.Configuration;

/// <summary>Reads the values of an example: <c>NAME = VALUE, …</c>.</summary>
/// <param name="at">Where they begin in the line.</param>
internal sealed class RuleExampleReader(string line, int at, RuleScope rules)
{
    private readonly Dictionary<string, Expression> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<string>> _lists = new(StringComparer.Ordinal);
    private short _currencyIndex = -1;
    private int _at = at;

    /// <exception cref="ExpressionException">A name or a value is wrong.</exception>
    public RuleExample Read(bool fires)
    {
        var start = _at;
        while (true)
        {
            ReadAssignment();
            SkipBlanks();
            if (_at == line.Length)
            {
                break;
            }

            Expect(',');
        }

        if (_currencyIndex >= 0 && _values.TryGetValue("currency", out var both) && !((TextConstantNode)both).Value.SequenceEqual(Encoding.UTF8.GetBytes(CurrencyTable.CodeOf(_currencyIndex))))
        {
            throw new ExpressionException(start, "gives the payment two currencies");
        }

        if (_values.TryGetValue("currency", out var currency) && CurrencyTable.TryFind(((TextConstantNode)currency).Value, out var index))
        {
            _currencyIndex = index;
        }

        if (_currencyIndex >= 0)
        {
            _values["currency"] = new TextConstantNode(CurrencyTable.CodeOf(_currencyIndex));
        }

        return new RuleExample(fires, _values, _lists, _currencyIndex);
    }

    private void ReadAssignment()
    {
        SkipBlanks();
        var start = _at;
        if (_at < line.Length && line[_at] == '@')
        {
            ReadList();
            return;
        }

        var (place, end) = ExpressionParser.ParseFrom(line, _at);
        _at = end;
        Expect('=');
        var (syntax, behind) = ExpressionParser.ParseFrom(line, _at);
        _at = behind;
        var (name, real) = place switch
        {
            NameSyntax field => (field.Name, rules.Resolve(field.Name, syntax is TextSyntax) ?? throw Unknown(field)),
            CallSyntax { Function: "shadow", Arguments: [TextSyntax model] } => ($"shadow(\"{model.Value}\")", rules.Shadow(model.Value)
                ?? throw new ExpressionException(model.Offset, $"there is no shadow model {model.Value}")),
            _ => throw new ExpressionException(start, "is no name; an example gives values to names: NAME = VALUE, …"),
        };
        var value = ValueOf(name, syntax);
        if (value is null)
        {
            return;
        }

        if (value.Type != real.Type)
        {
            throw new ExpressionException(syntax.Offset, $"{name} is a {Describe(real.Type)}, and this is a {Describe(value.Type)}");
        }

        if (!_values.TryAdd(name, value))
        {
            throw new ExpressionException(start, $"{name} has a value already");
        }
    }

    /// <returns>Null for <c>missing</c>.</returns>
    private Expression? ValueOf(string name, Syntax syntax)
    {
        switch (syntax)
        {
            case NumberSyntax number:
                return new ConstantNode(number.Value, ExpressionType.Number);
            case UnarySyntax { Operator: "-", Operand: NumberSyntax number }:
                return new ConstantNode(-number.Value, ExpressionType.Number);
            case MoneySyntax money when name == "amount":
                _currencyIndex = CurrencyTable.TryFind(Encoding.UTF8.GetBytes(money.Currency), out var index) ? index
                    : throw new ExpressionException(money.Offset, $"there is no currency {money.Currency}");
                return new ConstantNode(money.Value, ExpressionType.Number);
            case TextSyntax time when name == "event_time":
                return IsoTime.TryParse(time.Value, out var ms) ? new ConstantNode(ms, ExpressionType.Number)
                    : throw new ExpressionException(time.Offset, "is no time; write \"2026-01-31T23:59:00Z\"");
            case TextSyntax text:
                return new TextConstantNode(text.Value);
            case NameSyntax { Name: "true" or "false" } truth:
                return new ConstantNode(truth.Name == "true" ? 1 : 0, ExpressionType.Number);
            case NameSyntax { Name: "missing" }:
                return null;
            default:
                throw new ExpressionException(syntax.Offset, "is no value; write a number, a text in quotes, an amount such as 200 EUR (of amount), true, false or missing");
        }
    }

    private void ReadList()
    {
        var start = ++_at;
        while (_at < line.Length && (char.IsAsciiLetterOrDigit(line[_at]) || line[_at] is '_' or '-'))
        {
            _at++;
        }

        var name = line[start.._at];
        if (rules.List(name, ListUse.None) is null)
        {
            throw new ExpressionException(start - 1, $"there is no list {name}");
        }

        Expect('=');
        var (syntax, end) = ExpressionParser.ParseFrom(line, _at);
        _at = end;
        _lists[name] = [.. _lists.GetValueOrDefault(name, []), syntax switch
        {
            TextSyntax text => text.Value,
            NumberSyntax number => SyntaxPrinter.Print(number),
            _ => throw new ExpressionException(syntax.Offset, "is no entry of a list; write a text in quotes or a number"),
        }];
    }

    private ExpressionException Unknown(NameSyntax field) => new(field.Offset, Nearest.To(field.Name, rules.Names) is { } near
        ? $"there is no name {field.Name}; did you mean {near}?"
        : $"there is no name {field.Name}");

    private void Expect(char wanted)
    {
        SkipBlanks();
        if (_at == line.Length || line[_at] != wanted)
        {
            throw new ExpressionException(_at, $"expected {wanted}; an example is NAME = VALUE, …");
        }

        _at++;
    }

    private void SkipBlanks()
    {
        while (_at < line.Length && char.IsWhiteSpace(line[_at]))
        {
            _at++;
        }
    }

    private static string Describe(ExpressionType type) => type == ExpressionType.Text ? "text" : "number";
}
