using StreamScoring.Configuration;

namespace StreamScoring.Deployment;

/// <summary>
/// Keys of a topology that are part of the policy, as the control log has them: lines of
/// <c>KEY=VALUE</c>, sorted.
/// </summary>
public static class PolicySettings
{
    private const string Section = "decide.";

    /// <summary>The keys that can be published.</summary>
    public static IReadOnlyList<string> Keys { get; } = [.. TopologyKeys.Live.Select(key => key.Name).Where(name => name.StartsWith(Section, StringComparison.Ordinal))];

    /// <summary>The settings with others in the place of some.</summary>
    /// <param name="text">What is published by now; null: nothing.</param>
    /// <param name="changes"><c>KEY=VALUE</c> each.</param>
    /// <exception cref="InvalidInputFileException">A key cannot be published.</exception>
    public static string Merge(string? text, IEnumerable<string> changes)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in LinesOf(text).Concat(changes))
        {
            var at = line.IndexOf('=', StringComparison.Ordinal);
            var key = at < 0 ? line : line[..at].Trim();
            if (at < 0 || !Keys.Contains(key))
            {
                throw new InvalidInputFileException($"--set {line}: {(at < 0 ? "expected KEY=VALUE" : $"{key} is no setting of the policy")}; these are {string.Join(", ", Keys)}");
            }

            settings[key] = line[(at + 1)..].Trim() is { Length: > 0 } value ? value : throw new InvalidInputFileException($"--set {line}: gives no value");
        }

        return string.Concat(settings.Select(setting => $"{setting.Key}={setting.Value}\n"));
    }

    /// <summary>A topology with the settings in the place of its own.</summary>
    /// <param name="text">Null: nothing is published.</param>
    /// <exception cref="InvalidInputFileException">A value is out of its range.</exception>
    public static Topology Apply(Topology topology, string? text)
    {
        ArgumentNullException.ThrowIfNull(topology);
        if (text is null)
        {
            return topology;
        }

        var read = TopologyFile.Parse(topology.File, topology.Text, [.. topology.Overrides, .. LinesOf(text)]);
        return LinesOf(text).Select(line => TopologyKeys.Named(line[..Math.Max(0, line.IndexOf('=', StringComparison.Ordinal))]))
            .Aggregate(topology, (taken, key) => key.Take is { } take && Keys.Contains(key.Name) ? take(taken, read) : taken);
    }

    private static string[] LinesOf(string? text) => (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
