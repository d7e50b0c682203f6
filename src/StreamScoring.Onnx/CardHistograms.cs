using System.Globalization;
using StreamScoring.Configuration;
using StreamScoring.Drift;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>
/// Reads a card's <c>histograms</c>, a list of <c>{input, edges, shares}</c> with what else is
/// known of an input, and its <c>probabilities</c>, one such of what the model gives.
/// </summary>
internal static class CardHistograms
{
    /// <summary>Shares are rounded, and a card may be written by hand.</summary>
    private const double ShareTolerance = 1e-3;

    /// <exception cref="InvalidInputFileException">The message names the file, the key and what is
    /// expected.</exception>
    public static IReadOnlyList<ReferenceHistogram> Read(IReadOnlyList<YamlMap> maps, IReadOnlyList<ModelInput> inputs)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. maps.Select(map => OfInput(map, inputs, seen))];
    }

    /// <param name="map">Null where the card has none.</param>
    /// <exception cref="InvalidInputFileException">As with <see cref="Read"/>.</exception>
    public static ReferenceHistogram? ReadProbabilities(YamlMap? map)
    {
        if (map is null)
        {
            return null;
        }

        var histogram = Histogram(map, "");
        map.RequireAllRead();
        return histogram.Edges.All(edge => edge is >= 0 and <= 1) ? histogram : throw map.Error("edges", "must be within 0..1: they are probabilities");
    }

    private static ReferenceHistogram OfInput(YamlMap map, IReadOnlyList<ModelInput> inputs, HashSet<string> seen)
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

        var histogram = Histogram(map, input) with
        {
            Missing = Number(map, "missing", 0, 1),
            Smallest = Number(map, "smallest", double.MinValue, double.MaxValue),
            Largest = Number(map, "largest", double.MinValue, double.MaxValue),
            Weight = Number(map, "weight", 0, double.MaxValue),
        };
        map.RequireAllRead();
        return histogram.Smallest > histogram.Largest ? throw map.Error("largest", "must not be below smallest") : histogram;
    }

    private static ReferenceHistogram Histogram(YamlMap map, string input)
    {
        var (edges, shares) = (Numbers(map, "edges"), Numbers(map, "shares"));
        if (edges.Zip(edges.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw map.Error("edges", "must ascend");
        }

        if (shares.Count != edges.Count + 1)
        {
            throw map.Error("shares", $"has {shares.Count} numbers; expected {edges.Count + 1}, one more than there are edges");
        }

        return shares.All(share => share is >= 0 and <= 1) && Math.Abs(shares.Sum() - 1) <= ShareTolerance
            ? new ReferenceHistogram(input, edges, shares) { Rows = map.Has("rows") ? map.Integer("rows", 0L, 0, long.MaxValue) : null }
            : throw map.Error("shares", $"must be within 0..1 and add up to 1; they add up to {shares.Sum().ToString(CultureInfo.InvariantCulture)}");
    }

    /// <returns>Null where the key is absent.</returns>
    private static double? Number(YamlMap map, string key, double min, double max) => map.Has(key) ? map.Number(key, 0, min, max) : null;

    private static List<double> Numbers(YamlMap map, string key) =>
        [.. map.Texts(key).Select(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value
            : throw map.Error(key, $"holds {text}; expected numbers"))];
}
