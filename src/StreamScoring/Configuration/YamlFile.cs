using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace StreamScoring.Configuration;

/// <summary>Opens a YAML file as maps that know their place in it, with <c>${NAME}</c> and <c>${NAME:-default}</c> filled in.</summary>
public static partial class YamlFile
{
    /// <exception cref="InvalidInputFileException">The file is missing, is not YAML, or its top is not a mapping.</exception>
    public static YamlMap Open(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{path}: {e.Message}", e);
        }

        return Parse(path, text);
    }

    /// <inheritdoc cref="Open"/>
    /// <param name="path">The name that messages give.</param>
    /// <param name="text">The YAML document.</param>
    public static YamlMap Parse(string path, string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new InvalidInputFileException($"{path}:{e.Start.Line}:{e.Start.Column}: not valid YAML: {e.InnerException?.Message ?? e.Message}", e);
        }

        if (stream.Documents.Count == 0)
        {
            throw new InvalidInputFileException($"{path}: the file is empty");
        }

        return stream.Documents[0].RootNode is YamlMappingNode root
            ? new YamlMap(path, "", root)
            : throw new InvalidInputFileException($"{path}:1: expected keys and values at the top");
    }

    /// <summary>Fills in environment variables.</summary>
    /// <param name="text">A scalar as written.</param>
    /// <param name="place">File and line, for the message.</param>
    /// <exception cref="InvalidInputFileException">A variable without default is not set.</exception>
    internal static string Substitute(string text, Func<string> place) =>
        !text.Contains("${", StringComparison.Ordinal)
            ? text
            : Variable().Replace(text, match =>
                Environment.GetEnvironmentVariable(match.Groups["name"].Value) is { Length: > 0 } value ? value
                : match.Groups["default"].Success ? match.Groups["default"].Value
                : throw new InvalidInputFileException(
                    $"{place()}: the environment variable {match.Groups["name"].Value} is not set; set it, or write ${{{match.Groups["name"].Value}:-default}}"));

    [GeneratedRegex(@"\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?<default>[^}]*))?\}")]
    private static partial Regex Variable();
}
