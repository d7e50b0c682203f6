using System.Globalization;

namespace StreamScoring.Workloads;

/// <summary>The <c>--name value</c> pairs of a benchmark; a name may have several values.</summary>
public sealed class BenchmarkOptions(string[] arguments)
{
    public int Integer(string name, int otherwise) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public double Number(string name, double otherwise) => Text(name) is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public string? Text(string name) => Texts(name) is [var text, ..] ? text : null;

    /// <exception cref="ArgumentException">The option is missing.</exception>
    public string Required(string name) => Text(name) ?? throw new ArgumentException($"--{name} is missing");

    /// <returns>All values behind the name, up to the next option; empty where it is not
    /// given.</returns>
    public IReadOnlyList<string> Texts(string name)
    {
        var index = Array.IndexOf(arguments, "--" + name);
        return index < 0 ? [] : [.. arguments.Skip(index + 1).TakeWhile(value => !value.StartsWith("--", StringComparison.Ordinal))];
    }
}
