namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// Collects violations by kind, and of each kind keeps the first few: one fault may break thousands
/// of records.
/// </summary>
public sealed class Violations
{
    private const int ShownMax = 5;

    private readonly Dictionary<string, (int Count, List<string> Shown)> _byKind = [];

    public void Add(string kind, string detail) => Add(kind, () => detail);

    /// <param name="detail">Asked only where it is kept: some take a look through a whole
    /// log.</param>
    public void Add(string kind, Func<string> detail)
    {
        var (count, shown) = _byKind.GetValueOrDefault(kind, (0, []));
        if (shown.Count < ShownMax)
        {
            shown.Add(detail());
        }

        _byKind[kind] = (count + 1, shown);
    }

    public IReadOnlyList<string> ToList() => [.. _byKind.Select(kind => $"{kind.Key}: {kind.Value.Count}, such as {string.Join("; ", kind.Value.Shown)}")];
}
