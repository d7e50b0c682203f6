using Parlot;
using Parlot.Fluent;

namespace StreamScoring.Expressions;

/// <summary>
/// Parses the expression language of feature files and rules. From loosest to tightest: or; and;
/// not; == != &lt; &lt;= &gt; &gt;= in; + -; * /; unary minus; literals, names, calls, parentheses.
/// </summary>
internal static class ExpressionParser
{
    /// <summary>
    /// Deepest tree: a + b + c is two deep. What is deeper would exhaust the stack of whoever binds
    /// or evaluates it.
    /// </summary>
    public const int DepthMax = 400;

    /// <summary>
    /// Deepest nesting of parentheses: a level takes a dozen calls of the parser.
    /// </summary>
    public const int NestingMax = 100;

    private static readonly Parser<Syntax> Grammar = Build();

    /// <exception cref="ExpressionException">The text is no expression.</exception>
    public static Syntax Parse(string text)
    {
        RequireShallow(text);
        var context = new CountingContext(text);
        if (Grammar.TryParse(context, out var syntax, out var error) && syntax is not null)
        {
            context.SkipWhiteSpace();
            if (context.Scanner.Cursor.Eof)
            {
                return syntax.Depth <= DepthMax ? syntax
                    : throw new ExpressionException(syntax.Offset, $"is {syntax.Depth} levels deep; at most {DepthMax}: make a feature of a part of it, or write a in (…) for a == … or a == …");
            }
        }

        var offset = error?.Position.Offset ?? context.Scanner.Cursor.Offset;
        var rest = text.AsSpan(Math.Min(offset, text.Length));
        throw new ExpressionException(offset, rest.IsEmpty ? "the expression ends too early" : $"not understood from here: {rest.ToString()}");
    }

    private static void RequireShallow(string text)
    {
        var (depth, quote) = (0, '\0');
        for (var offset = 0; offset < text.Length; offset++)
        {
            var c = text[offset];
            if (quote != '\0')
            {
                // What an escape stands for does not end the text.
                offset += c == '\\' ? 1 : 0;
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '\'' or '"')
            {
                quote = c;
            }
            else if (c == '(' && ++depth > NestingMax)
            {
                throw new ExpressionException(offset, $"is nested more than {NestingMax} deep");
            }
            else if (c == ')')
            {
                depth--;
            }
        }
    }

    private static Parser<Syntax> Build()
    {
        var expression = Deferred<Syntax>();
        // A word of the language is no name. Else `not (…` that does not end is read a second time,
        // as a call of `not`, at each level of nesting: twice at the first, a million times at the
        // twentieth.
        var name = Terms.Identifier(extraPart: static c => c == '.')
            .When(static (context, value) => ((CountingContext)context).Count() && value.Span is not ("not" or "and" or "or" or "in"));
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

    /// <summary>
    /// Counts the names that are tried. A grammar that steps back reads some again; one that reads
    /// all again at each level must not come back.
    /// </summary>
    private sealed class CountingContext(string text) : ParseContext(new Scanner(text))
    {
        private int _tried;

        /// <returns>True.</returns>
        public bool Count()
        {
            _tried++;
            Invariant.Require(_tried <= 8 * (text.Length + 1));
            return true;
        }
    }
}
