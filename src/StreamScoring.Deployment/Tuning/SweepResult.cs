namespace StreamScoring.Deployment.Tuning;

/// <summary>What a sweep found.</summary>
/// <param name="Start">By key: the values that it began with.</param>
/// <param name="Best">By key: the values that it recommends.</param>
/// <param name="Comparisons">In the order in which they were made.</param>
/// <param name="Check">All recommended values together against those of the start, measured once
/// more at the end; null where they are the same.</param>
public sealed record SweepResult(
    IReadOnlyDictionary<string, string> Start, IReadOnlyDictionary<string, string> Best, IReadOnlyList<KnobComparison> Comparisons, KnobComparison? Check)
{
    /// <summary>Keys whose recommended value is another than that of the start.</summary>
    public IReadOnlyList<string> Changed => [.. Best.Keys.Where(key => Best[key] != Start[key])];
}
