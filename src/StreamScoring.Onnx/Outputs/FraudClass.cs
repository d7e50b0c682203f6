namespace StreamScoring.Onnx.Outputs;

/// <summary>
/// Which of two classes is fraud, where their names leave no doubt (docs/models.md, Which class is
/// fraud).
/// </summary>
internal static class FraudClass
{
    private static readonly string[] FraudNames = ["fraud", "fraudulent"];

    /// <returns>The index of the class; null where its name does not say.</returns>
    public static int? ClearOf(IReadOnlyList<string> labels)
    {
        if (labels.Count != 2)
        {
            return null;
        }

        string[] names = [.. labels.Select(label => label.Trim().ToLowerInvariant())];
        return IndexOfPair(names, "0", "1") ?? IndexOfPair(names, "false", "true") ?? IndexOfOnly(names);
    }

    /// <returns>The index of a class by the name that a user gave; null where there is none, or
    /// more than one.</returns>
    public static int? Named(IReadOnlyList<string> labels, string name)
    {
        var exact = Enumerable.Range(0, labels.Count).Where(i => labels[i] == name).ToList();
        var alike = exact.Count > 0 ? exact : [.. Enumerable.Range(0, labels.Count).Where(i => string.Equals(labels[i].Trim(), name.Trim(), StringComparison.OrdinalIgnoreCase))];
        return alike.Count == 1 ? alike[0] : null;
    }

    private static int? IndexOfPair(string[] names, string genuine, string fraud) =>
        names.Contains(genuine) && names.Contains(fraud) ? Array.IndexOf(names, fraud) : null;

    private static int? IndexOfOnly(string[] names)
    {
        var fraud = names.Where(FraudNames.Contains).ToList();
        return fraud.Count == 1 ? Array.IndexOf(names, fraud[0]) : null;
    }
}
