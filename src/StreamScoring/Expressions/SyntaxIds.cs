namespace StreamScoring.Expressions;

/// <summary>
/// Numbers expressions so that two of one number mean the same. What it costs grows with the length
/// of the text: an expression is told by its operator and the numbers of its parts.
/// </summary>
internal sealed class SyntaxIds
{
    private readonly Dictionary<(string Operator, string Parts), int> _ids = [];
    private readonly Dictionary<Syntax, int> _known = new(ReferenceEqualityComparer.Instance);

    public int Of(Syntax syntax)
    {
        if (!_known.TryGetValue(syntax, out var id))
        {
            var key = (OperatorOf(syntax), string.Join(',', syntax.Parts.Select(Of)));
            id = _ids.TryGetValue(key, out var same) ? same : _ids[key] = _ids.Count;
            _known.Add(syntax, id);
        }

        return id;
    }

    private static string OperatorOf(Syntax syntax) => syntax switch
    {
        CallSyntax call => $"call {call.Function}",
        UnarySyntax unary => $"unary {unary.Operator}",
        BinarySyntax binary => $"binary {binary.Operator}",
        InSyntax => "in",
        InListSyntax list => $"in @{list.List}",
        BetweenSyntax => "between",
        MissingSyntax => "missing",
        _ => SyntaxPrinter.Print(syntax),
    };
}
