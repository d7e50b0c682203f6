namespace StreamScoring.Host.Evaluating;

/// <summary>Columns of a table beside a model's inputs.</summary>
/// <param name="Label">0, 1, or empty.</param>
/// <param name="Time">Null: no days.</param>
/// <param name="Group">Whose payment it is; null: nobody asks.</param>
/// <param name="Segments">Whose values are told apart.</param>
/// <param name="Amount">What a payment is worth, in one currency; null: nobody asks.</param>
internal sealed record EvaluatedColumns(string Label, string? Time, string? Group, IReadOnlyList<string> Segments, string? Amount = null)
{
    /// <summary>All of them.</summary>
    public IReadOnlyList<string> All => [.. new[] { Label, Time, Group, Amount }.OfType<string>(), .. Segments];
}
