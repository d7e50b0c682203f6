using StreamScoring.Expressions;
using StreamScoring.Features;

namespace StreamScoring.Configuration;

/// <summary>Reads feature files.</summary>
public static class FeatureFiles
{
    /// <exception cref="InvalidInputFileException">The file is wrong; the message names file, line
    /// and column.</exception>
    public static FeatureFile Load(string path) => Parse(path, Utf8File.ReadAllText(path));

    /// <inheritdoc cref="Load"/>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="text">Its YAML.</param>
    public static FeatureFile Parse(string name, string text)
    {
        var reader = new FeatureFileReader(YamlFile.Parse(name, text));
        var (features, entities, order, layout, latenessMs, exactEvents) = reader.Read();
        var schema = new FeatureSchema(
            [.. features.Select(feature => feature.Name)],
            [.. features.Select(feature => feature.Expression is { Type: ExpressionType.Text })],
            [.. features.Select(feature => feature.Text ?? feature.Name)]);
        return new FeatureFile(
            text, reader.Meaning.Hash, schema, layout, features, entities, order, latenessMs, exactEvents)
        {
            AttributeUses = reader.AttributeUses,
            UsesBaseAmount = reader.UsesBaseAmount,
        };
    }
}
