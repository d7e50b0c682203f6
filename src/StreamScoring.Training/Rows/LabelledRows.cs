namespace StreamScoring.Training.Rows;

/// <summary>Rows and what they were.</summary>
/// <param name="Frauds">[rows]</param>
/// <param name="Days">[rows] Since the Unix epoch, UTC; null where rows have no time.</param>
internal sealed record LabelledRows(RowMatrix Rows, IReadOnlyList<bool> Frauds, IReadOnlyList<int>? Days)
{
    public int Count => Rows.Count;

    public int FraudCount { get; } = Frauds.Count(fraud => fraud);

    /// <summary>Whether there is something to tell apart.</summary>
    public bool HasBothKinds => FraudCount > 0 && FraudCount < Count;

    public LabelledRows Select(IReadOnlyList<int> rows) =>
        new(Rows.Select(rows), [.. rows.Select(row => Frauds[row])], Days is null ? null : [.. rows.Select(row => Days[row])]);
}
