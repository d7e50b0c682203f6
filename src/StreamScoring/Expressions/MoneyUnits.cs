namespace StreamScoring.Expressions;

/// <summary>
/// Where an amount of money with its currency is compared, everything beside it must be an amount
/// too: 200 EUR and 5 have no sum.
/// </summary>
internal static class MoneyUnits
{
    private enum Unit
    {
        Number,

        /// <summary>The payment's amount, in its own currency.</summary>
        Amount,

        /// <summary>With a currency.</summary>
        Money,
    }

    /// <exception cref="ExpressionException">The two sides, or parts of one, do not go together.
    /// </exception>
    public static void Require(Syntax left, Syntax right) => Joined(right, Of(left), Of(right));

    private static Unit Of(Syntax syntax)
    {
        switch (syntax)
        {
            case MoneySyntax:
                return Unit.Money;
            case NameSyntax { Name: "amount" }:
                return Unit.Amount;
            case UnarySyntax unary:
                return Of(unary.Operand);
            case BinarySyntax { Operator: "+" or "-" } sum:
                return Joined(sum.Right, Of(sum.Left), Of(sum.Right));
            case BinarySyntax { Operator: "*" } product:
                return Scaled(product.Right, Of(product.Left), Of(product.Right));
            case BinarySyntax { Operator: "/" } quotient:
                var (above, below) = (Of(quotient.Left), Of(quotient.Right));
                return below == Unit.Number ? above : above == Unit.Number ? throw Wrong(quotient.Right, "divides by an amount") : Unit.Number;
            case CallSyntax { Function: "abs" or "ceil" or "floor" or "round" or "min" or "max" or "coalesce" } call:
                return call.Arguments.Skip(1).Aggregate(Of(call.Arguments[0]), (unit, argument) => Joined(argument, unit, Of(argument)));
            case CallSyntax { Function: "if", Arguments: [_, var then, var otherwise] }:
                return Joined(otherwise, Of(then), Of(otherwise));
            case CallSyntax call when call.Arguments.Any(argument => Of(argument) == Unit.Money):
                throw Wrong(call, $"{call.Function} takes no amount of money");
            default:
                return Unit.Number;
        }
    }

    private static Unit Joined(Syntax place, Unit left, Unit right) =>
        left == right ? left
            : left != Unit.Money && right != Unit.Money ? Unit.Amount
            : left == Unit.Number || right == Unit.Number ? throw Wrong(place, "has no currency, and stands beside an amount that has one; write 5 EUR, or leave the currency out of both")
            : Unit.Money;

    private static Unit Scaled(Syntax place, Unit left, Unit right) =>
        left == Unit.Number ? right : right == Unit.Number ? left : throw Wrong(place, "multiplies an amount by an amount");

    private static ExpressionException Wrong(Syntax syntax, string problem) => new(syntax.Offset, problem);
}
