using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace StreamScoring.Configuration;

/// <summary>
/// Opens a YAML file as maps that know their place in it, with <c>${NAME}</c> and
/// <c>${NAME:-default}</c> filled in.
/// </summary>
public static partial class YamlFile
{
    /// <summary>Deepest nesting of mappings and lists; the files of this project need 5.</summary>
    private const int DepthMax = 32;

    /// <exception cref="InvalidInputFileException">The file is missing, is not YAML, or its top is
    /// not a mapping.</exception>
    public static YamlMap Open(string path) => Open(path, []);

    /// <inheritdoc cref="Open(string)"/>
    /// <param name="path">The file.</param>
    /// <param name="overrides"><c>key=value</c>, the key dotted: each replaces or adds one
    /// scalar.</param>
    public static YamlMap Open(string path, IReadOnlyList<string> overrides) =>
        Parse(path, Utf8File.ReadAllText(path), overrides);

    /// <inheritdoc cref="Open(string)"/>
    /// <param name="path">The name that messages give.</param>
    /// <param name="text">The YAML document.</param>
    public static YamlMap Parse(string path, string text) => Parse(path, text, []);

    /// <inheritdoc cref="Open(string, IReadOnlyList{string})"/>
    /// <param name="text">The YAML document.</param>
    public static YamlMap Parse(string path, string text, IReadOnlyList<string> overrides)
    {
        var stream = new YamlStream();
        try
        {
            RequireShallow(path, text);
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new InvalidInputFileException($"{path}:{e.Start.Line}:{e.Start.Column}: not valid YAML: {e.InnerException?.Message ?? e.Message}", e);
        }
        catch (Exception e) when (e is not InvalidInputFileException)
        {
            // On some malformed documents the library's scanner fails in other ways than by its own
            // exception.
            throw new InvalidInputFileException($"{path}: not valid YAML: {e.Message}", e);
        }

        if (stream.Documents.Count == 0)
        {
            throw new InvalidInputFileException($"{path}: the file is empty");
        }

        if (stream.Documents[0].RootNode is not YamlMappingNode root)
        {
            throw new InvalidInputFileException($"{path}:1: expected keys and values at the top");
        }

        foreach (var assignment in overrides)
        {
            Override(root, assignment);
        }

        return new YamlMap(path, text, "", root);
    }

    /// <summary>
    /// Refuses what would exhaust the stack while it is loaded: very deep nesting, and aliases, by
    /// which a value can hold itself. None of our files needs either.
    /// </summary>
    private static void RequireShallow(string path, string text)
    {
        var parser = new Parser(new StringReader(text));
        var depth = 0;
        while (parser.MoveNext())
        {
            switch (parser.Current)
            {
                case AnchorAlias alias:
                    throw new InvalidInputFileException($"{path}:{alias.Start.Line}:{alias.Start.Column}: *{alias.Value} is an alias; write the value out");
                case MappingStart or SequenceStart when ++depth > DepthMax:
                    throw new InvalidInputFileException($"{path}:{parser.Current.Start.Line}:{parser.Current.Start.Column}: nested more than {DepthMax} deep");
                case MappingEnd or SequenceEnd:
                    depth--;
                    break;
            }
        }
    }

    private static void Override(YamlMappingNode root, string assignment)
    {
        var equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw new InvalidInputFileException($"--set {assignment}: expected key=value, such as ingest.batchRowsMax=64");
        }

        var keys = assignment[..equals].Split('.');
        var map = root;
        foreach (var key in keys[..^1])
        {
            var child = map.Children.TryGetValue(new YamlScalarNode(key), out var found) ? found : null;
            if (child is not YamlMappingNode next)
            {
                if (child is not null and not YamlScalarNode { Value: null or "" })
                {
                    throw new InvalidInputFileException($"--set {assignment}: {key} holds no keys");
                }

                next = [];
                map.Children[new YamlScalarNode(key)] = next;
            }

            map = next;
        }

        map.Children[new YamlScalarNode(keys[^1])] = new YamlScalarNode(assignment[(equals + 1)..]);
    }

    /// <summary>Fills in environment variables.</summary>
    /// <param name="text">A scalar as written.</param>
    /// <param name="place">File and line, for the message.</param>
    /// <exception cref="InvalidInputFileException">A variable without default is not
    /// set.</exception>
    internal static string Substitute(string text, Func<string> place) =>
        !text.Contains("${", StringComparison.Ordinal)
            ? text
            : Variable().Replace(text, match =>
                Environment.GetEnvironmentVariable(match.Groups["name"].Value) is { Length: > 0 } value ? value
                : match.Groups["default"].Success ? match.Groups["default"].Value
                : throw new InvalidInputFileException(
                    $"{place()}: the environment variable {match.Groups["name"].Value} is not set; set it, or write ${{{match.Groups["name"].Value}:-default}}"));

    /// <summary>True for one variable without a default.</summary>
    internal static bool IsVariable(string text) => Variable().Match(text) is { Success: true } match && match.Length == text.Length && !match.Groups["default"].Success;

    [GeneratedRegex(@"\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?<default>[^}]*))?\}")]
    private static partial Regex Variable();
}
