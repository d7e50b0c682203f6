namespace StreamScoring.Expressions;

/// <summary>The names that an expression may use.</summary>
internal interface IExpressionScope
{
    /// <param name="name">As written, dots included.</param>
    /// <param name="wantsText">What the context expects of a name whose type follows from its use:
    /// an attribute.</param>
    /// <returns>Null where there is no such name.</returns>
    Expression? Resolve(string name, bool wantsText);

    /// <summary>Whether a name whose type follows from its use elsewhere, an attribute, is
    /// missing.</summary>
    /// <returns>Null where the name is none of these.</returns>
    Expression? ResolveMissing(string name);

    /// <summary>All names, for suggestions.</summary>
    IEnumerable<string> Names { get; }
}
