using System.Globalization;

namespace StreamScoring.Benchmarks;

/// <summary>The <c>--name value</c> pairs of a benchmark.</summary>
internal sealed class BenchmarkOptions(string[] arguments)
{
    public int Integer(string name, int otherwise) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public double Number(string name, double otherwise) => Text(name) is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private string? Text(string name)
    {
        var index = Array.IndexOf(arguments, "--" + name);
        return index >= 0 && index + 1 < arguments.Length ? arguments[index + 1] : null;
    }
}
