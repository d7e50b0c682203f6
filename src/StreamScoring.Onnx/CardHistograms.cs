using System.Globalization;
using StreamScoring.Configuration;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>Reads a card's <c>histograms</c>: a list of <c>{input, edges, shares}</c>.</summary>
internal static class CardHistograms
{
    /// <summary>Shares are rounded, and a card may be written by hand.</summary>
    private const double ShareTolerance = 1e-3;

    /// <exception cref="InvalidInputFileException">The message names the file, the key and what is
    /// expected.</exception>
    public static IReadOnlyList<(string Input, IReadOnlyList<double> Edges, IReadOnlyList<double> Shares)> Read(
        IReadOnlyList<YamlMap> maps, IReadOnlyList<ModelInput> inputs)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. maps.Select(map => Histogram(map, inputs, seen))];
    }

    private static (string, IReadOnlyList<double>, IReadOnlyList<double>) Histogram(YamlMap map, IReadOnlyList<ModelInput> inputs, HashSet<string> seen)
    {
        var input = map.Text("input");
        if (!inputs.Contains(new ModelInput(input, IsText: false)))
        {
            throw map.Error("input", $"is {input}, which is not an input that is a number; those are {CardBaseline.NumbersOf(inputs)}");
        }

        if (!seen.Add(input))
        {
            throw map.Error("input", $"is {input}, which has a histogram already");
        }

        var (edges, shares) = (Numbers(map, "edges"), Numbers(map, "shares"));
        map.RequireAllRead();
        if (edges.Zip(edges.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw map.Error("edges", "must ascend");
        }

        if (shares.Count != edges.Count + 1)
        {
            throw map.Error("shares", $"has {shares.Count} numbers; expected {edges.Count + 1}, one more than there are edges");
        }

        return shares.All(share => share is >= 0 and <= 1) && Math.Abs(shares.Sum() - 1) <= ShareTolerance ? (input, edges, shares)
            : throw map.Error("shares", $"must be within 0..1 and add up to 1; they add up to {shares.Sum().ToString(CultureInfo.InvariantCulture)}");
    }

    private static List<double> Numbers(YamlMap map, string key) =>
        [.. map.Texts(key).Select(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value
            : throw map.Error(key, $"holds {text}; expected numbers"))];
}
