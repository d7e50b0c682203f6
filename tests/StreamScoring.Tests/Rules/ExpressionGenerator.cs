using CsCheck;
using StreamScoring.Expressions;

namespace StreamScoring.Tests.Rules;

/// <summary>Random expressions of rules, well typed.</summary>
internal static class ExpressionGenerator
{
    public static readonly string[] Texts = ["channel", "merchant_id", "terminal_id", "device_id"];
    public static readonly string[] Words = ["online", "pos", "DE", "FR", "5411", "on", "D"];

    /// <summary>Conditions of at most so many levels.</summary>
    public static Gen<Syntax> Conditions(int depth) => depth == 0 ? Leaves : Gen.Frequency(
        (2, Leaves),
        (3, Gen.Select(OneOf.Values("and", "or"), Conditions(depth - 1), Conditions(depth - 1), (op, left, right) => (Syntax)new BinarySyntax(0, op, left, right))),
        (1, Conditions(depth - 1).Select(operand => (Syntax)new UnarySyntax(0, "not", operand))));

    private static readonly Gen<Syntax> PlainNumbers = Gen.OneOf(
        Gen.Int[0, 8].Select(value => (Syntax)new NumberSyntax(0, value)),
        OneOf.Values<Syntax>(new NameSyntax(0, "amount"), new NameSyntax(0, "spent"), new NameSyntax(0, "score"), new NameSyntax(0, "attributes.basket")));

    private static readonly Gen<Syntax> Numbers = Gen.OneOf(
        PlainNumbers,
        Gen.Select(OneOf.Values("+", "-", "*", "/"), PlainNumbers, PlainNumbers, (op, left, right) => (Syntax)new BinarySyntax(0, op, left, right)),
        Gen.Select(OneOf.Values("min", "max", "coalesce"), PlainNumbers, PlainNumbers, (name, left, right) => (Syntax)new CallSyntax(0, name, [left, right])),
        PlainNumbers.Select(operand => (Syntax)new UnarySyntax(0, "-", operand)));

    private static readonly Gen<Syntax> TextOperands = OneOf.Values(Texts).Select(name => (Syntax)new NameSyntax(0, name));

    private static readonly Gen<Syntax> TextValues = OneOf.Values(Words).Select(word => (Syntax)new TextSyntax(0, word));

    private static readonly Gen<Syntax> Leaves = Gen.OneOf(
        Gen.Select(OneOf.Values("==", "!=", "<", "<=", ">", ">="), Numbers, Numbers, (op, left, right) => (Syntax)new BinarySyntax(0, op, left, right)),
        Gen.Select(OneOf.Values("==", "!=", "starts_with", "ends_with", "contains"), TextOperands, Gen.OneOf(TextValues, TextOperands), (op, left, right) => (Syntax)new BinarySyntax(0, op, left, right)),
        Gen.Select(Numbers, Numbers, Numbers, (operand, low, high) => (Syntax)new BetweenSyntax(0, operand, low, high)),
        Gen.Select(TextOperands, TextValues.List[1, 7], (operand, choices) => (Syntax)new InSyntax(0, operand, choices)),
        TextOperands.Select(operand => (Syntax)new InListSyntax(0, operand, "words", 0)),
        Gen.OneOf(Numbers, TextOperands).Select(operand => (Syntax)new MissingSyntax(0, operand)),
        OneOf.Values<Syntax>(new NameSyntax(0, "true"), new NameSyntax(0, "false")));
}
