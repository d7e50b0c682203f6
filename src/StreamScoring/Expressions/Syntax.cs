namespace StreamScoring.Expressions;

/// <summary>An expression as it was written, before names and types are known.</summary>
/// <param name="Offset">Zero-based position in the text.</param>
/// <param name="Depth">Levels of the tree from here down: binding and evaluation recurse that
/// deep.</param>
internal abstract record Syntax(int Offset, int Depth)
{
    /// <summary>What it is put together of, in order.</summary>
    public virtual IReadOnlyList<Syntax> Parts => [];

    protected static int DepthOf(IReadOnlyList<Syntax> parts) => parts.Count == 0 ? 0 : parts.Max(part => part.Depth);
}

internal sealed record NumberSyntax(int Offset, double Value) : Syntax(Offset, 1);

/// <summary>An amount of money, such as <c>200 EUR</c>, in major units.</summary>
internal sealed record MoneySyntax(int Offset, double Value, string Currency) : Syntax(Offset, 1);

internal sealed record TextSyntax(int Offset, string Value) : Syntax(Offset, 1);

/// <summary>A field, a feature, true or false. Dots are part of the name.</summary>
internal sealed record NameSyntax(int Offset, string Name) : Syntax(Offset, 1);

internal sealed record CallSyntax(int Offset, string Function, IReadOnlyList<Syntax> Arguments) : Syntax(Offset, 1 + DepthOf(Arguments))
{
    public override IReadOnlyList<Syntax> Parts => Arguments;
}

/// <summary><c>-</c> or <c>not</c>.</summary>
internal sealed record UnarySyntax(int Offset, string Operator, Syntax Operand) : Syntax(Offset, 1 + Operand.Depth)
{
    public override IReadOnlyList<Syntax> Parts => [Operand];
}

internal sealed record BinarySyntax(int Offset, string Operator, Syntax Left, Syntax Right) : Syntax(Offset, 1 + Math.Max(Left.Depth, Right.Depth))
{
    public override IReadOnlyList<Syntax> Parts => [Left, Right];
}

internal sealed record InSyntax(int Offset, Syntax Operand, IReadOnlyList<Syntax> Choices) : Syntax(Offset, 1 + Math.Max(Operand.Depth, DepthOf(Choices)))
{
    public override IReadOnlyList<Syntax> Parts => [Operand, .. Choices];
}

/// <summary><c>operand in @list</c>.</summary>
/// <param name="ListOffset">Where the list's name stands.</param>
internal sealed record InListSyntax(int Offset, Syntax Operand, string List, int ListOffset) : Syntax(Offset, 1 + Operand.Depth)
{
    public override IReadOnlyList<Syntax> Parts => [Operand];
}

/// <summary>Both ends belong to it.</summary>
internal sealed record BetweenSyntax(int Offset, Syntax Operand, Syntax Low, Syntax High)
    : Syntax(Offset, 1 + Math.Max(Operand.Depth, Math.Max(Low.Depth, High.Depth)))
{
    public override IReadOnlyList<Syntax> Parts => [Operand, Low, High];
}

/// <summary><c>operand is missing</c>, and <c>is_missing(operand)</c>.</summary>
internal sealed record MissingSyntax(int Offset, Syntax Operand) : Syntax(Offset, 1 + Operand.Depth)
{
    public override IReadOnlyList<Syntax> Parts => [Operand];
}
