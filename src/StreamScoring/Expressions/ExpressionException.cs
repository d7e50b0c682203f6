namespace StreamScoring.Expressions;

/// <summary>
/// An expression is wrong: not parsable, a name that does not exist, a type that does not fit.
/// </summary>
/// <param name="offset">Zero-based position in the expression's text.</param>
internal sealed class ExpressionException(int offset, string message) : Exception(message)
{
    public int Offset => offset;
}
