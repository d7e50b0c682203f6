namespace StreamScoring.Training.Evaluating;

/// <summary>Rows of a table with what a model makes of them and what they were.</summary>
/// <param name="Probabilities">[rows] 0..1. A row without a score has none here.</param>
/// <param name="Frauds">[rows] Whether it was fraud.</param>
/// <param name="Days">[rows] Days since the Unix epoch, UTC; null where the table has no
/// time.</param>
/// <param name="Groups">[rows] Whose payment it is, such as the customer; null where nobody
/// asked.</param>
public sealed record LabelledScores(IReadOnlyList<double> Probabilities, IReadOnlyList<bool> Frauds, IReadOnlyList<int>? Days, IReadOnlyList<string>? Groups)
{
    /// <summary>[rows] What each payment is worth, in one currency, from 0 on; null where nobody
    /// asked.</summary>
    public IReadOnlyList<double>? Amounts { get; init; }

    public int Count => Probabilities.Count;

    public int FraudCount => Frauds.Count(fraud => fraud);

    /// <summary>Some of the rows.</summary>
    public LabelledScores Of(IReadOnlyList<int> rows) => new(
        [.. rows.Select(row => Probabilities[row])], [.. rows.Select(row => Frauds[row])],
        Days is null ? null : [.. rows.Select(row => Days[row])], Groups is null ? null : [.. rows.Select(row => Groups[row])])
    {
        Amounts = Amounts is null ? null : [.. rows.Select(row => Amounts[row])],
    };
}
