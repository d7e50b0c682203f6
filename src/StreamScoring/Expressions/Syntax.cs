namespace StreamScoring.Expressions;

/// <summary>An expression as it was written, before names and types are known.</summary>
/// <param name="Offset">Zero-based position in the text.</param>
internal abstract record Syntax(int Offset);

internal sealed record NumberSyntax(int Offset, double Value) : Syntax(Offset);

internal sealed record TextSyntax(int Offset, string Value) : Syntax(Offset);

/// <summary>A field, a feature, true or false. Dots are part of the name.</summary>
internal sealed record NameSyntax(int Offset, string Name) : Syntax(Offset);

internal sealed record CallSyntax(int Offset, string Function, IReadOnlyList<Syntax> Arguments) : Syntax(Offset);

/// <summary><c>-</c> or <c>not</c>.</summary>
internal sealed record UnarySyntax(int Offset, string Operator, Syntax Operand) : Syntax(Offset);

internal sealed record BinarySyntax(int Offset, string Operator, Syntax Left, Syntax Right) : Syntax(Offset);

internal sealed record InSyntax(int Offset, Syntax Operand, IReadOnlyList<Syntax> Choices) : Syntax(Offset);
