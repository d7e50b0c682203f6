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

    /// <returns>The key and the names, empty where they cannot be read; null where the file says
    /// none.</returns>
    public static (string Key, IReadOnlyList<string> Names)? Of(ModelProto model)
    {
        var entry = Keys.Select(key => model.MetadataProps.FirstOrDefault(entry => entry.Key == key)).FirstOrDefault(entry => entry is not null);
        return entry is null ? null : (entry.Key, Parse(entry.Value));
    }

    private static List<string> Parse(string text)
    {
        List<string> names = text.TrimStart().StartsWith('[') ? Listed(text) : [.. text.Split(',', StringSplitOptions.TrimEntries)];
        return names.All(name => name is { Length: > 0 }) && names.Distinct(StringComparer.Ordinal).Count() == names.Count ? names : [];
    }

    private static List<string> Listed(string text)
    {
        // Python prints lists with single quotes.
        foreach (var json in new[] { text, text.Replace('\'', '"') })
        {
            try
            {
                return JsonSerializer.Deserialize<List<string>>(json) ?? [];
            }
            catch (JsonException)
            {
            }
        }

        return [];
    }
}
