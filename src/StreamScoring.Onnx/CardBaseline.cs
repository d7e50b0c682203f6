using System.Globalization;
using StreamScoring.Configuration;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>Reads a card's <c>baseline: {input: number}</c>.</summary>
internal static class CardBaseline
{
    /// <param name="map">Null where the card has none.</param>
    /// <exception cref="InvalidInputFileException">An input that the card does not list as a
    /// number, or a value that is no finite number.</exception>
    public static IReadOnlyList<(string Input, double Value)> Read(YamlMap? map, IReadOnlyList<ModelInput> inputs) =>
        map is null ? [] : [.. map.Keys.Select(key => (key, Value(map, key, inputs)))];

    private static double Value(YamlMap map, string key, IReadOnlyList<ModelInput> inputs)
    {
        if (!inputs.Contains(new ModelInput(key, IsText: false)))
        {
            throw map.Error(key, $"is not an input that is a number; those are {NumbersOf(inputs)}");
        }

        var text = map.OptionalText(key);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value
            : throw map.Error(key, $"is {text ?? "empty"}; expected a number");
    }

    internal static string NumbersOf(IReadOnlyList<ModelInput> inputs) =>
        string.Join(", ", inputs.Where(input => !input.IsText).Select(input => input.Name));
}
