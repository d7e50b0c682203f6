using YamlDotNet.RepresentationModel;

namespace StreamScoring.Configuration;

/// <summary>
/// A feature file that has all of another one and more: whoever takes the features of the smaller
/// one gets the same values from it.
/// </summary>
public static class FeatureSupersets
{
    private const string List = "features", Name = "name", Description = "describe";

    /// <param name="path">The larger one.</param>
    /// <param name="basePath">The smaller one. Both can be read as feature files.</param>
    /// <exception cref="InvalidInputFileException">A feature of the smaller one is missing, or is
    /// another one; or what holds for all features differs.</exception>
    public static void Require(string path, string basePath)
    {
        var (larger, smaller) = (Open(path), Open(basePath));
        foreach (var key in larger.Settings.Keys.Union(smaller.Settings.Keys))
        {
            if (!Equals(larger.Settings.GetValueOrDefault(key), smaller.Settings.GetValueOrDefault(key)))
            {
                throw new InvalidInputFileException($"{path}: {key} is not that of {basePath}, and holds for all of its features; make them the same");
            }
        }

        foreach (var (name, feature) in smaller.Features)
        {
            if (!larger.Features.TryGetValue(name, out var same))
            {
                throw new InvalidInputFileException($"{path}: lacks {name}, which {basePath} has; copy it");
            }

            if (!same.Equals(feature))
            {
                throw new InvalidInputFileException($"{path}: {name} is another feature than in {basePath}; give the new one a name of its own");
            }
        }
    }

    private static (Dictionary<string, YamlMappingNode> Features, Dictionary<string, YamlNode> Settings) Open(string path)
    {
        var yaml = new YamlStream();
        using (var text = new StringReader(Utf8File.ReadAllText(path)))
        {
            yaml.Load(text);
        }

        var top = ((YamlMappingNode)yaml.Documents[0].RootNode).Children;
        var features = ((YamlSequenceNode)top[List]).Cast<YamlMappingNode>().ToDictionary(feature => $"{feature.Children[Name]}", WithoutDescription, StringComparer.Ordinal);
        return (features, top.Where(entry => $"{entry.Key}" != List).ToDictionary(entry => $"{entry.Key}", entry => entry.Value, StringComparer.Ordinal));
    }

    private static YamlMappingNode WithoutDescription(YamlMappingNode feature) => new(feature.Children.Where(entry => $"{entry.Key}" != Description));
}
