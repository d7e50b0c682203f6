using Parlot;
using Parlot.Fluent;

namespace StreamScoring.Expressions;

/// <summary>
/// Parses the expression language of feature files and rules. From loosest to tightest: or; and; not; == != &lt; &lt;= &gt; &gt;= in; + -; * /;
/// unary minus; literals, names, calls, parentheses.
/// </summary>
internal static class ExpressionParser
{
    private static readonly Parser<Syntax> Grammar = Build();

    /// <exception cref="ExpressionException">The text is no expression.</exception>
    public static Syntax Parse(string text)
    {
        var context = new ParseContext(new Scanner(text));
        if (Grammar.TryParse(context, out var syntax, out var error) && syntax is not null)
        {
            context.SkipWhiteSpace();
            if (context.Scanner.Cursor.Eof)
            {
                return syntax;
            }
        }

        var offset = error?.Position.Offset ?? context.Scanner.Cursor.Offset;
        var rest = text.AsSpan(Math.Min(offset, text.Length));
        throw new ExpressionException(offset, rest.IsEmpty ? "the expression ends too early" : $"not understood from here: {rest.ToString()}");
    }

    private static Parser<Syntax> Build()
    {
        var expression = Deferred<Syntax>();
        var name = Terms.Identifier(extraPart: static c => c == '.');
        var open = Terms.Char('(');
        var close = Terms.Char(')');
        var arguments = Separated(Terms.Char(','), expression);

        var number = Terms.Number<double>(NumberOptions.AllowDecimalSeparator | NumberOptions.AllowExponent)
            .Then<Syntax>(static (context, value) => new NumberSyntax(context.Scanner.Cursor.Offset, value));
        var text = Terms.String(StringLiteralQuotes.SingleOrDouble)
            .Then<Syntax>(static value => new TextSyntax(value.Offset, value.ToString() ?? ""));
        var call = name.And(Between(open, ZeroOrOne(arguments), close))
            .Then<Syntax>(static pair => new CallSyntax(pair.Item1.Offset, pair.Item1.ToString() ?? "", pair.Item2.Count > 0 ? pair.Item2[0] : []));
        var plainName = name.Then<Syntax>(static value => new NameSyntax(value.Offset, value.ToString() ?? ""));
        var group = Between(open, expression, close);
        var primary = number.Or(text).Or(call).Or(plainName).Or(group);

        var unary = Deferred<Syntax>();
        unary.Parser = Terms.Char('-').SkipAnd(unary)
            .Then<Syntax>(static operand => new UnarySyntax(operand.Offset, "-", operand))
            .Or(primary);
        var product = Chain(unary, Terms.Text("*").Or(Terms.Text("/")));
        var sum = Chain(product, Terms.Text("+").Or(Terms.Text("-")));

        var comparison = OneOf(Terms.Text("=="), Terms.Text("!="), Terms.Text("<="), Terms.Text(">="), Terms.Text("<"), Terms.Text(">"));
        var compared = sum.And(ZeroOrOne(comparison.And(sum).Then<(string Operator, Syntax? Right, IReadOnlyList<Syntax>? Choices)>(
                    static pair => (pair.Item1, pair.Item2, null))
                .Or(Terms.Keyword("in").SkipAnd(Between(open, arguments, close)).Then<(string Operator, Syntax? Right, IReadOnlyList<Syntax>? Choices)>(
                    static choices => ("in", null, choices)))))
            .Then<Syntax>(static pair => pair.Item2 switch
            {
                [{ Choices: { } choices }] => new InSyntax(pair.Item1.Offset, pair.Item1, choices),
                [{ Right: { } right } comparison] => new BinarySyntax(pair.Item1.Offset, comparison.Operator, pair.Item1, right),
                _ => pair.Item1,
            });

        var negated = Deferred<Syntax>();
        negated.Parser = Terms.Keyword("not").SkipAnd(negated)
            .Then<Syntax>(static operand => new UnarySyntax(operand.Offset, "not", operand))
            .Or(compared);
        var conjunction = Chain(negated, Terms.Keyword("and"));
        expression.Parser = Chain(conjunction, Terms.Keyword("or"));
        return expression;
    }

    /// <summary>Operands joined by operators of one level, grouped from the left.</summary>
    private static Parser<Syntax> Chain(Parser<Syntax> operand, Parser<string> @operator) =>
        operand.And(ZeroOrMany(@operator.And(operand))).Then<Syntax>(static pair =>
        {
            var left = pair.Item1;
            foreach (var (name, right) in pair.Item2)
            {
                left = new BinarySyntax(left.Offset, name, left, right);
            }

            return left;
        });
}
