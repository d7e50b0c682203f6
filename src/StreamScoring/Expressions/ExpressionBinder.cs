using System.Globalization;
using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Lists;

namespace StreamScoring.Expressions;

/// <summary>Gives names and types to a parsed expression.</summary>
/// <param name="round">Where expressions are evaluated together: what they have in common is bound
/// once, and evaluated once in each round. Null: each for itself.</param>
internal sealed class ExpressionBinder(IExpressionScope scope, EvaluationRound? round = null)
{
    /// <summary>As many names are listed where none is near.</summary>
    private const int KnownMax = 60;

    /// <summary>As many choices of <c>in (…)</c> are compared one by one.</summary>
    private const int ComparedMax = 4;

    private readonly Dictionary<(int Id, bool WantsText), Expression> _shared = [];
    private readonly SyntaxIds _ids = new();
    private readonly Dictionary<int, TextHashes> _hashes = [];

    private static readonly Dictionary<string, Func<Expression, Expression>> UnaryFunctions = new(StringComparer.Ordinal)
    {
        ["abs"] = static x => new UnaryNode<Abs>(x, ExpressionType.Number),
        ["ceil"] = static x => new UnaryNode<Ceiling>(x, ExpressionType.Number),
        ["exp"] = static x => new UnaryNode<Exp>(x, ExpressionType.Number),
        ["floor"] = static x => new UnaryNode<Floor>(x, ExpressionType.Number),
        ["log"] = static x => new UnaryNode<Log>(x, ExpressionType.Number),
        ["round"] = static x => new UnaryNode<Round>(x, ExpressionType.Number),
        ["sqrt"] = static x => new UnaryNode<Sqrt>(x, ExpressionType.Number),
    };

    /// <summary>Of a time, and where one is given, a zone.</summary>
    private static readonly Dictionary<string, Func<Expression, Expression>> TimeFunctions = new(StringComparer.Ordinal)
    {
        ["day_number"] = static x => new UnaryNode<DayNumber>(x, ExpressionType.Number),
        ["day_of_month"] = static x => new UnaryNode<DayOfMonth>(x, ExpressionType.Number),
        ["hour"] = static x => new UnaryNode<Hour>(x, ExpressionType.Number),
        ["is_weekend"] = static x => new UnaryNode<IsWeekend>(x, ExpressionType.Truth),
        ["minute"] = static x => new UnaryNode<Minute>(x, ExpressionType.Number),
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
        ["=="] = Compare<Equal>,
        ["!="] = Compare<NotEqual>,
        ["<"] = Compare<Less>,
        ["<="] = Compare<LessOrEqual>,
        [">"] = Compare<Greater>,
        [">="] = Compare<GreaterOrEqual>,
    };

    private static readonly Dictionary<string, Func<Expression, Expression, Expression>> TextComparisons = new(StringComparer.Ordinal)
    {
        ["=="] = static (x, y) => new TextComparisonNode<TextEqual>(x, y),
        ["!="] = static (x, y) => new TextComparisonNode<TextNotEqual>(x, y),
        ["starts_with"] = static (x, y) => new TextComparisonNode<StartsWith>(x, y),
        ["ends_with"] = static (x, y) => new TextComparisonNode<EndsWith>(x, y),
        ["contains"] = static (x, y) => new TextComparisonNode<Contains>(x, y),
        ["like"] = static (x, y) => new TextComparisonNode<Like>(x, y),
    };

    private static readonly string[] OtherFunctions = ["if", "in_network", "is_missing", "pow", "shadow"];

    /// <summary>Parses and binds.</summary>
    /// <exception cref="ExpressionException">The text is wrong; the offset says where.</exception>
    public Expression Bind(string text) => Bind(ExpressionParser.Parse(text), wantsText: false);

    /// <summary>Binds what was parsed as a condition.</summary>
    /// <exception cref="ExpressionException">It is wrong, or no condition.</exception>
    public Expression BindCondition(Syntax syntax)
    {
        var expression = Bind(syntax, wantsText: false);
        return expression.Type == ExpressionType.Truth ? expression
            : throw new ExpressionException(syntax.Offset, $"is a {Describe(expression.Type)}; expected a condition, such as amount > 10");
    }

    /// <summary>Parses and binds a condition.</summary>
    /// <exception cref="ExpressionException">The text is wrong, or no condition.</exception>
    public Expression BindCondition(string text) => BindCondition(ExpressionParser.Parse(text));

    /// <summary>All names that the expression uses, for finding the order of features.</summary>
    /// <exception cref="ExpressionException">The text is no expression.</exception>
    public static IReadOnlySet<string> NamesIn(string text) => NamesIn(ExpressionParser.Parse(text));

    /// <summary>All names that the expression uses.</summary>
    public static IReadOnlySet<string> NamesIn(Syntax syntax)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        Collect(syntax, names);
        return names;
    }

    private static void Collect(Syntax syntax, HashSet<string> names)
    {
        if (syntax is NameSyntax name)
        {
            names.Add(name.Name);
        }

        foreach (var part in syntax.Parts)
        {
            Collect(part, names);
        }
    }

    private Expression Bind(Syntax syntax, bool wantsText)
    {
        if (round is null || syntax is NumberSyntax or TextSyntax)
        {
            return BindAnew(syntax, wantsText);
        }

        var key = (_ids.Of(syntax), wantsText);
        if (!_shared.TryGetValue(key, out var expression))
        {
            expression = BindAnew(syntax, wantsText);
            if (expression is not (ConstantNode or TextConstantNode or TextFieldNode or AttributeTextNode or AttributeNumberNode or FeatureNode or FeatureTextNode or SharedNode))
            {
                expression = new SharedNode(expression, round);
            }

            _shared.Add(key, expression);
        }

        return expression;
    }

    private Expression BindAnew(Syntax syntax, bool wantsText) => syntax switch
    {
        NumberSyntax number => new ConstantNode(number.Value, ExpressionType.Number),
        MoneySyntax money => BindMoney(money),
        TextSyntax { Value: "" } text => throw new ExpressionException(text.Offset, "is an empty text, which is a missing one; write is missing"),
        TextSyntax text => new TextConstantNode(text.Value),
        NameSyntax { Name: "true" } => new ConstantNode(1, ExpressionType.Truth),
        NameSyntax { Name: "false" } => new ConstantNode(0, ExpressionType.Truth),
        NameSyntax name => scope.Resolve(name.Name, wantsText)
            ?? throw (scope.WhyNot(name.Name) is { } why ? new ExpressionException(name.Offset, why) : Unknown(name.Offset, "name", name.Name, scope.Names)),
        CallSyntax call => BindCall(call),
        UnarySyntax { Operator: "-" } unary => new UnaryNode<Negate>(Require(unary.Operand, ExpressionType.Number), ExpressionType.Number),
        UnarySyntax unary => new NotNode(Require(unary.Operand, ExpressionType.Truth)),
        BinarySyntax { Operator: "and" } and => new AndNode(Require(and.Left, ExpressionType.Truth), Require(and.Right, ExpressionType.Truth)),
        BinarySyntax { Operator: "or" } or => new OrNode(Require(or.Left, ExpressionType.Truth), Require(or.Right, ExpressionType.Truth)),
        BinarySyntax binary when Arithmetic.TryGetValue(binary.Operator, out var make) =>
            make(RequireNumber(binary.Left), RequireNumber(binary.Right)),
        BinarySyntax binary => BindComparison(binary),
        InSyntax choice => BindChoice(choice),
        InListSyntax list => BindInList(list),
        BetweenSyntax between => BindBetween(between),
        MissingSyntax missing => BindMissing(missing.Operand),
        _ => throw new InvalidOperationException($"no such syntax: {syntax}"),
    };

    private Expression BindComparison(BinarySyntax binary)
    {
        RequireOneCurrency(binary.Left, binary.Right);
        // An attribute's type is what it is compared with.
        var isOfTexts = ExpressionParser.TextOperators.Contains(binary.Operator);
        var wantsText = isOfTexts || LooksLikeText(binary.Left) || LooksLikeText(binary.Right);
        var (left, right) = (Bind(binary.Left, wantsText), Bind(binary.Right, wantsText));
        (left, right) = (MccAsText(left, right), MccAsText(right, left));
        if (left.Type == ExpressionType.Text && right.Type == ExpressionType.Text)
        {
            return TextComparisons.TryGetValue(binary.Operator, out var make) ? make(left, right)
                : throw new ExpressionException(binary.Offset, $"texts are compared by == and != only, not by {binary.Operator}");
        }

        if (isOfTexts)
        {
            throw new ExpressionException((left.Type == ExpressionType.Text ? binary.Right : binary.Left).Offset, $"is no text; {binary.Operator} is between texts");
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

        if (choice.Choices.Count > ComparedMax && choice.Choices.All(option => option is TextSyntax { Value: not "" })
            && Bind(choice.Operand, wantsText: true) is { Type: ExpressionType.Text } operand)
        {
            return new TextChoiceNode(HashesOf(choice.Operand, operand), [.. choice.Choices.Cast<TextSyntax>().Select(text => text.Value)]);
        }

        // A balanced tree: a list of a thousand merchants must not make a thousand levels.
        var level = choice.Choices.Select(option => BindComparison(new BinarySyntax(choice.Offset, "==", choice.Operand, option))).ToList();
        while (level.Count > 1)
        {
            level = [.. level.Chunk(2).Select(pair => pair.Length == 1 ? pair[0] : new OrNode(pair[0], pair[1]))];
        }

        return level[0];
    }

    private AndNode BindBetween(BetweenSyntax between) => new(
        BindComparison(new BinarySyntax(between.Offset, ">=", between.Operand, between.Low)),
        BindComparison(new BinarySyntax(between.Offset, "<=", between.Operand, between.High)));

    private Expression BindInList(InListSyntax syntax)
    {
        if (scope.ListNames is not { } known)
        {
            throw new ExpressionException(syntax.ListOffset, $"@{syntax.List} is a list; lists belong to rules");
        }

        var operand = Bind(syntax.Operand, wantsText: true);
        if (syntax.Operand is NameSyntax name && scope.ResolveMissing(name.Name) is not null)
        {
            // An attribute is a number or a text, as it comes, and a list holds either.
            const ListUse either = ListUse.Text | ListUse.Number;
            return new EitherNode(
                new TextInListNode(HashesOf(syntax.Operand, operand), ListOf(either)), new NumberInListNode(Bind(syntax.Operand, wantsText: false), ListOf(either)));
        }

        return operand.Type != ExpressionType.Text ? new NumberInListNode(operand, ListOf(ListUse.Number))
            : operand.Field == TextField.Ip ? new AddressInListNode(operand, ListOf(ListUse.Network))
            : new TextInListNode(HashesOf(syntax.Operand, operand), ListOf(ListUse.Text));

        ListSlot ListOf(ListUse use) => scope.List(syntax.List, use) ?? throw Unknown(syntax.ListOffset, "list", syntax.List, known);
    }

    private TextHashes HashesOf(Syntax syntax, Expression operand)
    {
        var id = _ids.Of(syntax);
        if (!_hashes.TryGetValue(id, out var hashes))
        {
            hashes = new TextHashes(operand, round, scope.Hashing);
            _hashes.Add(id, hashes);
        }

        return hashes;
    }

    private Expression BindMissing(Syntax syntax)
    {
        if (syntax is NameSyntax attribute && scope.ResolveMissing(attribute.Name) is { } missing)
        {
            return missing;
        }

        var operand = Bind(syntax, wantsText: false);
        return operand.Type == ExpressionType.Text ? new TextMissingNode(operand) : new NumberMissingNode(operand);
    }

    private MoneyNode BindMoney(MoneySyntax money) =>
        CurrencyTable.TryFind(Encoding.UTF8.GetBytes(money.Currency), out var currencyIndex) ? new MoneyNode(money.Value, currencyIndex, scope.Rates)
            : throw Unknown(money.Offset, "currency", money.Currency, CurrencyTable.Codes);

    /// <summary>Money is compared with what is in the payment's currency: the amount, and sums with
    /// it.</summary>
    private static void RequireOneCurrency(Syntax left, Syntax right)
    {
        var nodes = new List<Syntax>();
        CollectNodes(left, nodes);
        CollectNodes(right, nodes);
        if (nodes.OfType<MoneySyntax>().FirstOrDefault() is not { } money)
        {
            return;
        }

        if (!nodes.Any(node => node is NameSyntax { Name: "amount" }))
        {
            var other = nodes.FirstOrDefault(node => node is NameSyntax or CallSyntax { Function: "shadow" });
            var named = other is NameSyntax name ? name.Name : other is null ? null : "shadow(…)";
            throw new ExpressionException((other ?? money).Offset, named is null
                ? $"{SyntaxPrinter.Print(money)} is compared with no payment; it is compared with amount"
                : $"{named} has no currency; {SyntaxPrinter.Print(money)} is compared with amount");
        }

        MoneyUnits.Require(left, right);
    }

    private static void CollectNodes(Syntax syntax, List<Syntax> nodes)
    {
        nodes.Add(syntax);
        foreach (var part in syntax.Parts)
        {
            CollectNodes(part, nodes);
        }
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

        if (TimeFunctions.TryGetValue(call.Function, out var ofTime))
        {
            RequireCount(call, 1, 2);
            var time = RequireNumber(arguments[0]);
            return ofTime(arguments.Count == 1 ? time : new LocalTimeNode(time, ZoneOf(arguments[1])));
        }

        switch (call.Function)
        {
            case "in_network":
                return BindInNetwork(call);
            case "shadow":
                return BindShadow(call);
            case "pow":
                RequireCount(call, 2, 2);
                return new BinaryNode<Power>(RequireNumber(arguments[0]), RequireNumber(arguments[1]), ExpressionType.Number);
            case "is_missing":
                RequireCount(call, 1, 1);
                return BindMissing(arguments[0]);
            case "if":
                RequireCount(call, 3, 3);
                return new ConditionNode(Require(arguments[0], ExpressionType.Truth), RequireNumber(arguments[1]), RequireNumber(arguments[2]));
            default:
                throw Unknown(call.Offset, "function", call.Function, [.. UnaryFunctions.Keys, .. TimeFunctions.Keys, .. ChainedFunctions.Keys, .. OtherFunctions]);
        }
    }

    private static ZoneOffsets ZoneOf(Syntax syntax) =>
        syntax is not TextSyntax zone ? throw new ExpressionException(syntax.Offset, "is no zone; write one in quotes, such as \"Europe/Berlin\"")
            : ZoneOffsets.Find(zone.Value) ?? throw Unknown(zone.Offset, "zone", zone.Value, ZoneOffsets.Names);

    private InNetworkNode BindInNetwork(CallSyntax call)
    {
        RequireCount(call, 2, 2);
        var operand = Bind(call.Arguments[0], wantsText: true);
        return operand.Type != ExpressionType.Text ? throw new ExpressionException(call.Arguments[0].Offset, "is no text; in_network takes an address, such as ip")
            : call.Arguments[1] is TextSyntax text && NetworkAddressParser.TryParseNetwork(Encoding.UTF8.GetBytes(text.Value), out var network, out var length)
                ? new InNetworkNode(operand, network, length)
                : throw new ExpressionException(call.Arguments[1].Offset, "is no network; write one in quotes, such as \"10.0.0.0/8\" or \"2001:db8::/32\"");
    }

    private Expression BindShadow(CallSyntax call)
    {
        RequireCount(call, 1, 1);
        return scope.ShadowNames is not { } known ? throw new ExpressionException(call.Offset, "shadow(…) is the probability of a shadow model; it belongs to rules")
            : call.Arguments[0] is not TextSyntax name ? throw new ExpressionException(call.Arguments[0].Offset, "is no name; write a shadow model's in quotes")
            : scope.Shadow(name.Value) ?? throw Unknown(name.Offset, "shadow model", name.Value, known);
    }

    private static Expression Compare<TComparison>(Expression left, Expression right)
        where TComparison : struct, IComparison =>
        right is ConstantNode { Value: var bound } && !double.IsNaN(bound) ? new BoundNode<TComparison>(left, bound) : new ComparisonNode<TComparison>(left, right);

    /// <summary>A merchant category code is text, yet people write it as a number.</summary>
    private static Expression MccAsText(Expression operand, Expression other) =>
        operand is ConstantNode { Value: >= 0 and <= 9999 } number && other.Field == TextField.Mcc
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
            : names.Count == 0 ? $"there is no {kind} {name}; there is none at all"
            : $"there is no {kind} {name}; known: {string.Join(", ", names.Order(StringComparer.Ordinal).Take(KnownMax))}{(names.Count > KnownMax ? ", …" : "")}");
    }
}
