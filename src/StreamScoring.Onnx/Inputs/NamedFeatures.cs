using System.Text.Json;
using StreamScoring.Onnx.Protos;

namespace StreamScoring.Onnx.Inputs;

/// <summary>
/// Names of a model's features in the order of its columns, where its file says them: in
/// <c>metadata_props</c>, which exporters and people fill as they like, as a JSON list or separated
/// by commas.
/// </summary>
internal static class NamedFeatures
{
    private static readonly string[] Keys = ["feature_names", "features", "input_features", "input_names", "columns"];

    /// <returns>The key and the names; null where the file says none.</returns>
    public static (string Key, IReadOnlyList<string> Names)? Of(ModelProto model)
    {
        foreach (var key in Keys)
        {
            if (model.MetadataProps.FirstOrDefault(entry => entry.Key == key)?.Value is { } text && Parse(text) is { Count: > 0 } names && names.Distinct(StringComparer.Ordinal).Count() == names.Count)
            {
                return (key, names);
            }
        }

        return null;
    }

    private static List<string> Parse(string text)
    {
        if (!text.TrimStart().StartsWith('['))
        {
            return [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        }

        try
        {
            return JsonSerializer.Deserialize<List<string>>(text) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
