using Parlot;
using Parlot.Fluent;
using StreamScoring.Expressions;

namespace StreamScoring.Configuration.Radar;

/// <summary>
/// Parses conditions of Stripe Radar's rules (docs.stripe.com/radar/rules/reference): attributes
/// between colons, metadata between double colons, lists behind an @, words of the language in any
/// case. The result is in the language of rules.
/// </summary>
internal sealed class RadarParser
{
    private readonly Parser<Syntax> _grammar;

    /// <param name="attribute">What an attribute stands for, by its name and place.</param>
    public RadarParser(Func<string, int, Syntax> attribute)
    {
        var condition = Deferred<Syntax>();
        var name = Literals.Identifier(extraPart: static c => c is '-' or '.');
        var metadata = SkipWhiteSpace(Literals.Text("::").SkipAnd(Literals.Pattern(static c => c is not ':' and not '\'' and not '"')).AndSkip(Literals.Text("::")))
            .Then<Syntax>(static key => new NameSyntax(key.Offset, $"attributes.{key.ToString()?.Trim()}"));
        var field = SkipWhiteSpace(Literals.Char(':').SkipAnd(name).AndSkip(Literals.Char(':'))).Then(value => attribute(value.ToString() ?? "", value.Offset - 1));
        var text = Terms.String(StringLiteralQuotes.SingleOrDouble).Then<Syntax>(static value => new TextSyntax(value.Offset, value.ToString() ?? ""));
        var number = Terms.Number<double>(NumberOptions.AllowDecimalSeparator | NumberOptions.AllowLeadingSign).Then<Syntax>(static (context, value) =>
            value < 0 ? new UnarySyntax(context.Scanner.Cursor.Offset, "-", new NumberSyntax(context.Scanner.Cursor.Offset, -value)) : new NumberSyntax(context.Scanner.Cursor.Offset, value));
        var truth = Word("true").Or(Word("false")).Then<Syntax>(static word => new NameSyntax(0, word.ToLowerInvariant()));
        var missing = Word("is_missing").SkipAnd(Between(Terms.Char('('), metadata.Or(field), Terms.Char(')'))).Then<Syntax>(static operand => new MissingSyntax(operand.Offset, operand));
        var value = OneOf(missing, metadata, field, text, number, truth);

        var list = Terms.Char('@').SkipAnd(name);
        var choices = Between(Terms.Char('('), Separated(Terms.Char(','), text.Or(number)), Terms.Char(')'));
        var within = Word("in").SkipAnd(list.Then<Func<Syntax, Syntax>>(static named => left => new InListSyntax(left.Offset, left, named.ToString() ?? "", named.Offset))
            .Or(choices.Then<Func<Syntax, Syntax>>(static some => left => new InSyntax(left.Offset, left, some))));
        var not = ZeroOrOne(Word("not"));
        var comparison = OneOf(
            OneOf(Terms.Text("!="), Terms.Text("<="), Terms.Text(">="), Terms.Text("<"), Terms.Text(">"), Terms.Text("==").Then("=="), Terms.Text("=").Then("=="))
                .And(value).Then<Func<Syntax, Syntax>>(static pair => left => Compared(pair.Item1, left, pair.Item2)),
            not.And(within).Then<Func<Syntax, Syntax>>(static pair => left => Negated(pair.Item1, pair.Item2(left))),
            not.And(Word("includes").SkipAnd(text)).Then<Func<Syntax, Syntax>>(static pair => left => Negated(pair.Item1, new BinarySyntax(left.Offset, "contains", left, pair.Item2))),
            not.And(Word("like").SkipAnd(text)).Then<Func<Syntax, Syntax>>(static pair => left => Negated(pair.Item1, new BinarySyntax(left.Offset, "like", left, Pattern((TextSyntax)pair.Item2)))));
        var compared = Between(Terms.Char('('), condition, Terms.Char(')')).Or(
            value.And(ZeroOrOne(comparison)).Then<Syntax>(static pair => pair.Item2.Count > 0 ? pair.Item2[0](pair.Item1) : pair.Item1));
        var negated = Deferred<Syntax>();
        negated.Parser = Word("not").Or(Terms.Text("!")).SkipAnd(negated).Then<Syntax>(static operand => new UnarySyntax(operand.Offset, "not", operand)).Or(compared);
        var conjunction = Chain(negated, Word("and").Or(Terms.Text("&&")), "and");
        condition.Parser = Chain(conjunction, Word("or").Or(Terms.Text("||")), "or");
        _grammar = condition;
    }

    /// <exception cref="ExpressionException">It is no condition, or names what stands for nothing
    /// here.</exception>
    public Syntax Parse(string line, int start)
    {
        var context = new ParseContext(new Scanner(new string(' ', start) + line[start..]));
        if (_grammar.TryParse(context, out var syntax, out var error) && syntax is not null)
        {
            context.SkipWhiteSpace();
            if (context.Scanner.Cursor.Eof)
            {
                return syntax;
            }
        }

        var offset = error?.Position.Offset ?? context.Scanner.Cursor.Offset;
        throw new ExpressionException(Math.Max(start, offset), $"not understood from here: {line[Math.Min(line.Length, Math.Max(start, offset))..].Trim()}");
    }

    /// <summary>An amount in a currency is compared with money.</summary>
    private static BinarySyntax Compared(string @operator, Syntax left, Syntax right) => (left, right) switch
    {
        (MoneySyntax money, NumberSyntax number) => new BinarySyntax(left.Offset, @operator, new NameSyntax(left.Offset, "amount"), money with { Value = number.Value }),
        (MoneySyntax, _) or (_, MoneySyntax) => throw new ExpressionException(left.Offset, "is an amount that is compared with no number; write it by hand"),
        _ => new BinarySyntax(left.Offset, @operator, left, right),
    };

    private static Syntax Negated(IReadOnlyList<string> not, Syntax syntax) => not.Count > 0 ? new UnarySyntax(syntax.Offset, "not", syntax) : syntax;

    /// <summary>In Radar % is any text.</summary>
    private static TextSyntax Pattern(TextSyntax text) => text with { Value = text.Value.Replace('%', '*').Replace('_', '?') };

    private static Parser<string> Word(string word) => Terms.Keyword(word, caseInsensitive: true);

    private static Parser<Syntax> Chain(Parser<Syntax> operand, Parser<string> @operator, string name) =>
        operand.And(ZeroOrMany(@operator.SkipAnd(operand))).Then<Syntax>(pair => pair.Item2.Aggregate(pair.Item1, (left, right) => new BinarySyntax(left.Offset, name, left, right)));
}
