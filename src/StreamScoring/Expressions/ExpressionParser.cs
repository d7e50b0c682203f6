using Parlot;
using Parlot.Fluent;

namespace StreamScoring.Expressions;

/// <summary>
/// Parses the expression language of feature files and rules. From loosest to tightest: or; and;
/// not; comparisons (== != &lt; &lt;= &gt; &gt;= in between like …, is missing); + -; * /; unary
/// minus; literals, names, calls, parentheses.
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

    /// <summary>Words that join two texts. Above the grammar, which is made of them.</summary>
    public static readonly string[] TextOperators = ["starts_with", "ends_with", "contains", "like"];

    private static readonly Parser<Syntax> Grammar = Build();

    /// <exception cref="ExpressionException">The text is no expression.</exception>
    public static Syntax Parse(string text)
    {
        var (syntax, end) = ParseFrom(text, 0);
        return end == text.Length ? syntax : throw NotUnderstood(text, end);
    }

    /// <summary>Parses as much of a text as makes an expression.</summary>
    /// <param name="start">Where it begins; offsets are those of the whole text.</param>
    /// <returns>The expression, and where what follows it begins.</returns>
    /// <exception cref="ExpressionException">No expression begins there.</exception>
    public static (Syntax Syntax, int End) ParseFrom(string text, int start)
    {
        RequireShallow(text, start);
        // Blanks instead of what stands before it keep the offsets what they are.
        var context = new CountingContext(new string(' ', start) + text[start..]);
        if (Grammar.TryParse(context, out var syntax, out var error) && syntax is not null)
        {
            context.SkipWhiteSpace();
            return syntax.Depth <= DepthMax ? (syntax, context.Scanner.Cursor.Offset)
                : throw new ExpressionException(syntax.Offset, $"is {syntax.Depth} levels deep; at most {DepthMax}: make a feature of a part of it, or write a in (…) for a == … or a == …");
        }

        // How far any way to read it came.
        throw NotUnderstood(text, error?.Position.Offset ?? context.Furthest);
    }

    private static ExpressionException NotUnderstood(string text, int offset)
    {
        while (offset < text.Length && char.IsWhiteSpace(text[offset]))
        {
            offset++;
        }

        var rest = text.AsSpan(Math.Min(offset, text.Length)).Trim();
        return new ExpressionException(offset, rest.IsEmpty ? "the expression ends too early" : $"not understood from here: {rest.ToString()}");
    }

    private static void RequireShallow(string text, int start)
    {
        var (depth, quote) = (0, '\0');
        for (var offset = start; offset < text.Length; offset++)
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

        var currency = Terms.Identifier().When(static (_, value) => value.Span.IndexOfAnyExceptInRange('A', 'Z') < 0);
        var number = new PlacedParser<double>(Literals.Number<double>(NumberOptions.AllowDecimalSeparator | NumberOptions.AllowExponent)).And(ZeroOrOne(currency))
            .Then<Syntax>(static pair => pair.Item2.Count > 0
                ? new MoneySyntax(pair.Item1.Offset, pair.Item1.Value, pair.Item2[0].ToString() ?? "")
                : new NumberSyntax(pair.Item1.Offset, pair.Item1.Value));
        var text = new PlacedParser<TextSpan>(Literals.String(StringLiteralQuotes.SingleOrDouble))
            .Then<Syntax>(static placed => new TextSyntax(placed.Offset, placed.Value.ToString() ?? ""));
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

        var compared = sum.And(ZeroOrOne(Comparison(sum, arguments))).Then<Syntax>(static pair => pair.Item2.Count > 0 ? pair.Item2[0](pair.Item1) : pair.Item1);

        var negated = Deferred<Syntax>();
        negated.Parser = Terms.Keyword("not").SkipAnd(negated)
            .Then<Syntax>(static operand => new UnarySyntax(operand.Offset, "not", operand))
            .Or(compared);
        var conjunction = Chain(negated, Terms.Keyword("and"));
        expression.Parser = Chain(conjunction, Terms.Keyword("or"));
        return expression;
    }

    /// <summary>What may follow an operand, as a function that makes a comparison of it.</summary>
    private static Parser<Func<Syntax, Syntax>> Comparison(Parser<Syntax> sum, Parser<IReadOnlyList<Syntax>> arguments)
    {
        var plain = OneOf(Terms.Text("=="), Terms.Text("!="), Terms.Text("<="), Terms.Text(">="), Terms.Text("<"), Terms.Text(">")).And(sum)
            .Then<Func<Syntax, Syntax>>(static pair => left => new BinarySyntax(left.Offset, pair.Item1, left, pair.Item2));
        var missing = Terms.Keyword("is").SkipAnd(ZeroOrOne(Terms.Keyword("not"))).AndSkip(Terms.Keyword("missing"))
            .Then<Func<Syntax, Syntax>>(static not => left => Negated(not, new MissingSyntax(left.Offset, left)));
        var list = Terms.Char('@').SkipAnd(Literals.Identifier(extraPart: static c => c == '-'))
            .Then<Func<Syntax, Syntax>>(static name => left => new InListSyntax(left.Offset, left, name.ToString() ?? "", name.Offset - 1));
        var choices = Between(Terms.Char('('), ZeroOrOne(arguments), Terms.Char(')'))
            .Then<Func<Syntax, Syntax>>(static some => left => new InSyntax(left.Offset, left, some.Count > 0 ? some[0] : []));
        var within = Terms.Keyword("in").SkipAnd(list.Or(choices));
        var between = Terms.Keyword("between").SkipAnd(sum).AndSkip(Terms.Keyword("and")).And(sum)
            .Then<Func<Syntax, Syntax>>(static ends => left => new BetweenSyntax(left.Offset, left, ends.Item1, ends.Item2));
        var texts = OneOf([.. TextOperators.Select(word => Terms.Keyword(word))]).And(sum)
            .Then<Func<Syntax, Syntax>>(static pair => left => new BinarySyntax(left.Offset, pair.Item1, left, pair.Item2));
        var mayBeNegated = ZeroOrOne(Terms.Keyword("not")).And(OneOf(within, between, texts))
            .Then<Func<Syntax, Syntax>>(static pair => left => Negated(pair.Item1, pair.Item2(left)));
        return OneOf(plain, missing, mayBeNegated);

        static Syntax Negated(IReadOnlyList<string> not, Syntax syntax) => not.Count > 0 ? new UnarySyntax(syntax.Offset, "not", syntax) : syntax;
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
    private sealed class CountingContext : ParseContext
    {
        private readonly int _triesMax;
        private int _tried;

        public CountingContext(string text)
            : base(new Scanner(text))
        {
            _triesMax = 8 * (text.Length + 1);
            OnEnterParser = static (_, context) => ((CountingContext)context).Note();
        }

        /// <summary>The last place at which something was looked for.</summary>
        public int Furthest { get; private set; }

        /// <returns>True.</returns>
        public bool Count()
        {
            _tried++;
            Invariant.Require(_tried <= _triesMax);
            return true;
        }

        private void Note() => Furthest = Math.Max(Furthest, Scanner.Cursor.Offset);
    }

    /// <summary>Where something begins, and what it is.</summary>
    private sealed class PlacedParser<T>(Parser<T> inner) : Parser<(int Offset, T Value)>
    {
        public override bool Parse(ParseContext context, ref ParseResult<(int Offset, T Value)> result)
        {
            context.EnterParser(this);
            var before = context.Scanner.Cursor.Position;
            context.SkipWhiteSpace();
            var offset = context.Scanner.Cursor.Offset;
            var own = default(ParseResult<T>);
            if (inner.Parse(context, ref own))
            {
                result.Set(own.Start, own.End, (offset, own.Value));
                return true;
            }

            context.Scanner.Cursor.ResetPosition(before);
            return false;
        }
    }
}
