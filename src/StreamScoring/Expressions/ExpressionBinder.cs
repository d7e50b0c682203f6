using System.Globalization;

namespace StreamScoring.Expressions;

/// <summary>Gives names and types to a parsed expression.</summary>
internal sealed class ExpressionBinder(IExpressionScope scope)
{
    private static readonly Dictionary<string, Func<Expression, Expression>> UnaryFunctions = new(StringComparer.Ordinal)
    {
        ["abs"] = static x => new UnaryNode<Abs>(x, ExpressionType.Number),
        ["ceil"] = static x => new UnaryNode<Ceiling>(x, ExpressionType.Number),
        ["day_of_month"] = static x => new UnaryNode<DayOfMonth>(x, ExpressionType.Number),
        ["exp"] = static x => new UnaryNode<Exp>(x, ExpressionType.Number),
        ["floor"] = static x => new UnaryNode<Floor>(x, ExpressionType.Number),
        ["hour"] = static x => new UnaryNode<Hour>(x, ExpressionType.Number),
        ["is_weekend"] = static x => new UnaryNode<IsWeekend>(x, ExpressionType.Truth),
        ["log"] = static x => new UnaryNode<Log>(x, ExpressionType.Number),
        ["minute"] = static x => new UnaryNode<Minute>(x, ExpressionType.Number),
        ["round"] = static x => new UnaryNode<Round>(x, ExpressionType.Number),
        ["sqrt"] = static x => new UnaryNode<Sqrt>(x, ExpressionType.Number),
        ["weekday"] = static x => new UnaryNode<Weekday>(x, ExpressionType.Number),
    };

    private static readonly Dictionary<string, Func<Expression, Expression, Expression>> ChainedFunctions = new(StringComparer.Ordinal)
    {
        ["coalesce"] = static (x, y) => new BinaryNode<Coalesce>(x, y, ExpressionType.Number),
        ["max"] = static (x, y) => new BinaryNode<Max>(x, y, ExpressionType.Number),
        ["min"] = static (x, y) => new BinaryNode<Min>(x, y, ExpressionType.Number),
    };

    private static readonly Dictionary<string, Func<Expression, Expression, Expression>> Arithmetic = new(StringComparer.Ordinal)
    {
        ["+"] = static (x, y) => new BinaryNode<Add>(x, y, ExpressionType.Number),
        ["-"] = static (x, y) => new BinaryNode<Subtract>(x, y, ExpressionType.Number),
        ["*"] = static (x, y) => new BinaryNode<Multiply>(x, y, ExpressionType.Number),
        ["/"] = static (x, y) => new BinaryNode<Divide>(x, y, ExpressionType.Number),
    };

    private static readonly Dictionary<string, Func<Expression, Expression, Expression>> Comparisons = new(StringComparer.Ordinal)
    {
        ["=="] = static (x, y) => new BinaryNode<Equal>(x, y, ExpressionType.Truth),
        ["!="] = static (x, y) => new BinaryNode<NotEqual>(x, y, ExpressionType.Truth),
        ["<"] = static (x, y) => new BinaryNode<Less>(x, y, ExpressionType.Truth),
        ["<="] = static (x, y) => new BinaryNode<LessOrEqual>(x, y, ExpressionType.Truth),
        [">"] = static (x, y) => new BinaryNode<Greater>(x, y, ExpressionType.Truth),
        [">="] = static (x, y) => new BinaryNode<GreaterOrEqual>(x, y, ExpressionType.Truth),
    };

    private static readonly string[] OtherFunctions = ["if", "is_missing", "pow"];

    /// <summary>Parses and binds.</summary>
    /// <exception cref="ExpressionException">The text is wrong; the offset says where.</exception>
    public Expression Bind(string text) => Bind(ExpressionParser.Parse(text), wantsText: false);

    /// <summary>Parses and binds a condition.</summary>
    /// <exception cref="ExpressionException">The text is wrong, or no condition.</exception>
    public Expression BindCondition(string text)
    {
        var expression = Bind(text);
        return expression.Type == ExpressionType.Truth ? expression
            : throw new ExpressionException(0, $"is a {Describe(expression.Type)}; expected a condition, such as amount > 10");
    }

    /// <summary>All names that the expression uses, for finding the order of features.</summary>
    /// <exception cref="ExpressionException">The text is no expression.</exception>
    public static IReadOnlySet<string> NamesIn(string text)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        Collect(ExpressionParser.Parse(text), names);
        return names;
    }

    private static void Collect(Syntax syntax, HashSet<string> names)
    {
        IEnumerable<Syntax> parts = [];
        switch (syntax)
        {
            case NameSyntax name:
                names.Add(name.Name);
                break;
            case CallSyntax call:
                parts = call.Arguments;
                break;
            case UnarySyntax unary:
                parts = [unary.Operand];
                break;
            case BinarySyntax binary:
                parts = [binary.Left, binary.Right];
                break;
            case InSyntax choice:
                parts = [choice.Operand, .. choice.Choices];
                break;
        }

        foreach (var part in parts)
        {
            Collect(part, names);
        }
    }

    private Expression Bind(Syntax syntax, bool wantsText) => syntax switch
    {
        NumberSyntax number => new ConstantNode(number.Value, ExpressionType.Number),
        TextSyntax text => new TextConstantNode(text.Value),
        NameSyntax { Name: "true" } => new ConstantNode(1, ExpressionType.Truth),
        NameSyntax { Name: "false" } => new ConstantNode(0, ExpressionType.Truth),
        NameSyntax name => scope.Resolve(name.Name, wantsText) ?? throw Unknown(name.Offset, "name", name.Name, scope.Names),
        CallSyntax call => BindCall(call),
        UnarySyntax { Operator: "-" } unary => new UnaryNode<Negate>(Require(unary.Operand, ExpressionType.Number), ExpressionType.Number),
        UnarySyntax unary => new UnaryNode<Not>(Require(unary.Operand, ExpressionType.Truth), ExpressionType.Truth),
        BinarySyntax { Operator: "and" } and => new BinaryNode<And>(
            Require(and.Left, ExpressionType.Truth), Require(and.Right, ExpressionType.Truth), ExpressionType.Truth),
        BinarySyntax { Operator: "or" } or => new BinaryNode<Or>(
            Require(or.Left, ExpressionType.Truth), Require(or.Right, ExpressionType.Truth), ExpressionType.Truth),
        BinarySyntax binary when Arithmetic.TryGetValue(binary.Operator, out var make) =>
            make(RequireNumber(binary.Left), RequireNumber(binary.Right)),
        BinarySyntax binary => BindComparison(binary),
        InSyntax choice => BindChoice(choice),
        _ => throw new InvalidOperationException($"no such syntax: {syntax}"),
    };

    private Expression BindComparison(BinarySyntax binary)
    {
        // An attribute's type is what it is compared with.
        var wantsText = LooksLikeText(binary.Left) || LooksLikeText(binary.Right);
        var (left, right) = (Bind(binary.Left, wantsText), Bind(binary.Right, wantsText));
        (left, right) = (MccAsText(left, right), MccAsText(right, left));
        if (left.Type == ExpressionType.Text && right.Type == ExpressionType.Text)
        {
            return binary.Operator is "==" or "!=" ? new TextEqualNode(left, right, binary.Operator == "!=")
                : throw new ExpressionException(binary.Offset, $"texts are compared by == and != only, not by {binary.Operator}");
        }

        return left.Type == ExpressionType.Text || right.Type == ExpressionType.Text
            ? throw new ExpressionException(binary.Offset, $"compares a {Describe(left.Type)} with a {Describe(right.Type)}")
            : Comparisons[binary.Operator](left, right);
    }

    private Expression BindChoice(InSyntax choice)
    {
        if (choice.Choices.Count == 0)
        {
            throw new ExpressionException(choice.Offset, "in () holds nothing");
        }

        // A balanced tree: a list of a thousand merchants must not make a thousand levels.
        var level = choice.Choices.Select(option => BindComparison(new BinarySyntax(choice.Offset, "==", choice.Operand, option))).ToList();
        while (level.Count > 1)
        {
            level = [.. level.Chunk(2).Select(pair => pair.Length == 1 ? pair[0] : new BinaryNode<Or>(pair[0], pair[1], ExpressionType.Truth))];
        }

        return level[0];
    }

    private Expression BindCall(CallSyntax call)
    {
        var arguments = call.Arguments;
        if (UnaryFunctions.TryGetValue(call.Function, out var unary))
        {
            RequireCount(call, 1, 1);
            return unary(RequireNumber(arguments[0]));
        }

        if (ChainedFunctions.TryGetValue(call.Function, out var chained))
        {
            RequireCount(call, 1, 64);
            return arguments.Skip(1).Aggregate(RequireNumber(arguments[0]), (left, right) => chained(left, RequireNumber(right)));
        }

        switch (call.Function)
        {
            case "pow":
                RequireCount(call, 2, 2);
                return new BinaryNode<Power>(RequireNumber(arguments[0]), RequireNumber(arguments[1]), ExpressionType.Number);
            case "is_missing":
                RequireCount(call, 1, 1);
                if (arguments[0] is NameSyntax attribute && scope.ResolveMissing(attribute.Name) is { } missing)
                {
                    return missing;
                }

                var operand = Bind(arguments[0], wantsText: false);
                return operand.Type == ExpressionType.Text ? new TextMissingNode(operand) : new UnaryNode<IsMissing>(operand, ExpressionType.Truth);
            case "if":
                RequireCount(call, 3, 3);
                return new ConditionNode(Require(arguments[0], ExpressionType.Truth), RequireNumber(arguments[1]), RequireNumber(arguments[2]));
            default:
                throw Unknown(call.Offset, "function", call.Function, UnaryFunctions.Keys.Concat(ChainedFunctions.Keys).Concat(OtherFunctions));
        }
    }

    /// <summary>A merchant category code is text, yet people write it as a number.</summary>
    private static Expression MccAsText(Expression operand, Expression other) =>
        operand is ConstantNode { Value: >= 0 and <= 9999 } number && other is TextFieldNode { Field: Contracts.TextField.Mcc }
            ? new TextConstantNode(number.Value.ToString("0000", CultureInfo.InvariantCulture))
            : operand;

    private static bool LooksLikeText(Syntax syntax) =>
        syntax is TextSyntax || (syntax is NameSyntax name && Contracts.TextFields.TryParse(name.Name, out _));

    /// <summary>A number, or a truth as 1 or 0.</summary>
    private Expression RequireNumber(Syntax syntax)
    {
        var expression = Bind(syntax, wantsText: false);
        return expression.Type != ExpressionType.Text ? expression
            : throw new ExpressionException(syntax.Offset, "is a text; expected a number");
    }

    private Expression Require(Syntax syntax, ExpressionType type)
    {
        var expression = Bind(syntax, wantsText: false);
        return expression.Type == type || (type == ExpressionType.Number && expression.Type == ExpressionType.Truth) ? expression
            : throw new ExpressionException(syntax.Offset, $"is a {Describe(expression.Type)}; expected a {Describe(type)}");
    }

    private static void RequireCount(CallSyntax call, int min, int max)
    {
        if (call.Arguments.Count < min || call.Arguments.Count > max)
        {
            throw new ExpressionException(call.Offset, $"{call.Function} takes {(min == max ? $"{min}" : $"{min} or more")} arguments, not {call.Arguments.Count}");
        }
    }

    private static string Describe(ExpressionType type) => type switch
    {
        ExpressionType.Number => "number",
        ExpressionType.Truth => "condition",
        _ => "text",
    };

    private static ExpressionException Unknown(int offset, string kind, string name, IEnumerable<string> known)
    {
        var names = known.ToList();
        return new ExpressionException(offset, Nearest.To(name, names) is { } near
            ? $"there is no {kind} {name}; did you mean {near}?"
            : $"there is no {kind} {name}; known: {string.Join(", ", names.Order(StringComparer.Ordinal))}");
    }
}
