using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace StreamScoring.Configuration;

/// <summary>
/// One mapping of a YAML file, read key by key. Every reader names file, line and key in its
/// errors; <see cref="RequireAllRead"/> then refuses keys that nobody asked for, so a spelling
/// mistake cannot pass as a default.
/// </summary>
public sealed partial class YamlMap
{
    /// <summary>
    /// More than 2,700 years: far beyond any limit of a key, and far below what a TimeSpan holds.
    /// </summary>
    private const double DurationDaysMax = 1e6;

    private readonly string _file;
    private readonly string _text;
    private readonly string _path;
    private readonly YamlMappingNode _node;
    private readonly Dictionary<string, (YamlScalarNode Key, YamlNode Value)> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>Of one of several maps that are written as one.</summary>
    private (string Key, string Value, string Placeholder, string Name)? _variant;

    /// <param name="file">The file's name.</param>
    /// <param name="text">All of the file, to find places in it.</param>
    /// <param name="path">The dotted keys that lead here; empty at the top.</param>
    internal YamlMap(string file, string text, string path, YamlMappingNode node)
    {
        (_file, _text, _path, _node) = (file, text, path, node);
        foreach (var (key, value) in node.Children)
        {
            if (key is not YamlScalarNode { Value: { } name } scalar)
            {
                throw new InvalidInputFileException($"{file}:{key.Start.Line}:{key.Start.Column}: a key must be a plain word");
            }

            if (!_entries.TryAdd(name, (scalar, value)))
            {
                throw new InvalidInputFileException($"{file}:{key.Start.Line}:{key.Start.Column}: {Qualified(name)} is given twice");
            }
        }
    }

    /// <summary>
    /// A map without keys, for a section that a file leaves out: every reader gives its default.
    /// </summary>
    public static YamlMap Empty(string file, string path) => new(file, "", path, []);

    /// <summary>
    /// The same map, in which a key has a value, and a placeholder in its texts stands for it.
    /// </summary>
    /// <param name="placeholder">Replaced in single values, wherever it stands.</param>
    /// <param name="name">By what.</param>
    internal YamlMap Variant(string key, string value, string placeholder, string name)
    {
        var variant = new YamlMap(_file, _text, _path, _node) { _variant = (key, value, placeholder, name) };
        variant._asked.UnionWith(_asked);
        return variant;
    }

    /// <summary>The keys in file order.</summary>
    public IEnumerable<string> Keys => _entries.Keys;

    /// <summary>The file's name as it was opened.</summary>
    public string File => _file;

    public bool Has(string key)
    {
        _asked.Add(key);
        return _entries.ContainsKey(key);
    }

    /// <summary>
    /// An error at a key (or at the map, where the key is absent), to be thrown by the caller.
    /// </summary>
    public InvalidInputFileException Error(string key, string problem)
    {
        var start = _entries.TryGetValue(key, out var entry) ? entry.Key.Start : _node.Start;
        return new InvalidInputFileException($"{_file}:{start.Line}:{start.Column}: {Qualified(key)} {problem}");
    }

    /// <summary>Where a key stands, for messages: <c>columns.yaml:4:3</c>.</summary>
    public string PlaceOf(string key)
    {
        var start = _entries.TryGetValue(key, out var entry) ? entry.Key.Start : _node.Start;
        return $"{_file}:{start.Line}:{start.Column}";
    }

    /// <summary>
    /// An error at a place inside the key's value, for a parser of its own (expressions).
    /// </summary>
    /// <param name="key">A key of this map whose value is a scalar.</param>
    /// <param name="offset">Zero-based position in the scalar's text.</param>
    /// <param name="problem">What is wrong and what to do.</param>
    public InvalidInputFileException ErrorWithin(string key, int offset, string problem)
    {
        if (_variant is not null)
        {
            // Places in it are not those in the file.
            return Error(key, $"{OptionalText(key)}: {problem}");
        }

        var (line, column) = ScalarPlace.Of(_text, (YamlScalarNode)_entries[key].Value, offset);
        return new InvalidInputFileException($"{_file}:{line}:{column}: {Qualified(key)}: {problem}");
    }

    /// <exception cref="InvalidInputFileException">The key is absent or is not a
    /// scalar.</exception>
    public string Text(string key) => OptionalText(key) ?? throw Error(key, "is missing");

    public string Text(string key, string otherwise) => OptionalText(key) ?? otherwise;

    /// <returns>Null where the key is absent or its value empty.</returns>
    public string? OptionalText(string key)
    {
        _asked.Add(key);
        if (_variant is { } given && given.Key == key)
        {
            return given.Value;
        }

        if (!_entries.TryGetValue(key, out var entry))
        {
            return null;
        }

        if (entry.Value is not YamlScalarNode scalar)
        {
            throw Error(key, "must be a single value");
        }

        var text = YamlFile.Substitute(scalar.Value ?? "", () => $"{_file}:{scalar.Start.Line}: {Qualified(key)}");
        text = _variant is { } variant ? text.Replace(variant.Placeholder, variant.Name, StringComparison.Ordinal) : text;
        return text.Length == 0 ? null
            : text.Contains('\0', StringComparison.Ordinal) ? throw Error(key, "holds a null character")
            : text;
    }

    /// <summary>
    /// True where all of the value comes from the environment, so that it does not stand in the
    /// file.
    /// </summary>
    public bool IsFromEnvironment(string key) =>
        _entries.TryGetValue(key, out var entry) && entry.Value is YamlScalarNode { Value: { } text } && YamlFile.IsVariable(text);

    /// <summary>A whole number within a range.</summary>
    public long Integer(string key, long otherwise, long min, long max) =>
        OptionalText(key) is not { } text ? otherwise
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
        : throw Error(key, $"is {text}; allowed {min}..{max}");

    /// <inheritdoc cref="Integer(string, long, long, long)"/>
    public int Integer(string key, int otherwise, int min, int max) => (int)Integer(key, (long)otherwise, min, max);

    public double Number(string key, double otherwise, double min, double max) =>
        OptionalText(key) is not { } text ? otherwise
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
        : throw Error(key, $"is {text}; allowed {min.ToString(CultureInfo.InvariantCulture)}..{max.ToString(CultureInfo.InvariantCulture)}");

    public bool Flag(string key, bool otherwise) => OptionalText(key) switch
    {
        null => otherwise,
        "true" => true,
        "false" => false,
        var text => throw Error(key, $"is {text}; allowed: true, false"),
    };

    /// <summary>One of a few words.</summary>
    public string Choice(string key, string otherwise, params string[] allowed)
    {
        var text = OptionalText(key) ?? otherwise;
        return allowed.Contains(text) ? text : throw Error(key, $"is {text}; allowed: {string.Join(", ", allowed)}");
    }

    /// <summary>A length of time: a whole or decimal number followed by ms, s, m, h or d.</summary>
    /// <returns>Null where the key is absent.</returns>
    public TimeSpan? OptionalDuration(string key) =>
        OptionalText(key) is not { } text ? null
        : TryParseDuration(text, out var value) ? value
        : throw Error(key, $"is {text}; expected a length of time such as 500ms, 10s, 5m, 24h or 7d");

    public TimeSpan Duration(string key, TimeSpan otherwise, TimeSpan min, TimeSpan max)
    {
        var value = OptionalDuration(key) ?? otherwise;
        return value >= min && value <= max ? value : throw Error(key, $"is {OptionalText(key)}; allowed {Format(min)}..{Format(max)}");
    }

    /// <summary>Whether the key holds a single value, not keys or a list.</summary>
    public bool IsScalar(string key) => Has(key) && _entries[key].Value is YamlScalarNode { Value.Length: > 0 };

    /// <summary>Whether the key holds a list.</summary>
    public bool IsList(string key) => Has(key) && _entries[key].Value is YamlSequenceNode;

    /// <returns>Null where the key is absent.</returns>
    public YamlMap? OptionalMap(string key)
    {
        _asked.Add(key);
        return !_entries.TryGetValue(key, out var entry) || entry.Value is YamlScalarNode { Value: null or "" } ? null
            : entry.Value is YamlMappingNode map ? new YamlMap(_file, _text, Qualified(key), map)
            : throw Error(key, "must hold keys and values");
    }

    /// <returns>Empty where the key is absent.</returns>
    public IReadOnlyList<YamlMap> Maps(string key)
    {
        _asked.Add(key);
        return !_entries.TryGetValue(key, out var entry) ? []
            : entry.Value is not YamlSequenceNode sequence ? throw Error(key, "must be a list")
            : [.. sequence.Select((item, index) => item is YamlMappingNode map
                ? new YamlMap(_file, _text, $"{Qualified(key)}[{index}]", map)
                : throw new InvalidInputFileException($"{_file}:{item.Start.Line}:{item.Start.Column}: {Qualified(key)}[{index}] must hold keys and values"))];
    }

    /// <summary>A list of scalars; a single scalar stands for a list of one.</summary>
    /// <returns>Empty where the key is absent.</returns>
    public IReadOnlyList<string> Texts(string key)
    {
        _asked.Add(key);
        if (!_entries.TryGetValue(key, out var entry))
        {
            return [];
        }

        if (entry.Value is YamlSequenceNode sequence)
        {
            return [.. sequence.Select(item => item is YamlScalarNode { Value: { } text }
                ? YamlFile.Substitute(text, () => $"{_file}:{item.Start.Line}: {Qualified(key)}")
                : throw Error(key, "must be a list of single values"))];
        }

        return OptionalText(key) is { } single ? [single] : [];
    }

    /// <exception cref="InvalidInputFileException">A key was never asked for: it does not exist
    /// here.</exception>
    public void RequireAllRead()
    {
        if (Unread().FirstOrDefault() is { } unread)
        {
            throw unread;
        }
    }

    /// <summary>One error for each key that was never asked for.</summary>
    public IEnumerable<InvalidInputFileException> Unread() => _entries.Where(entry => !_asked.Contains(entry.Key)).Select(entry =>
        new InvalidInputFileException(
            $"{_file}:{entry.Value.Key.Start.Line}:{entry.Value.Key.Start.Column}: unknown key {Qualified(entry.Key)}"
            + (Nearest.To(entry.Key, _asked) is { } near ? $"; did you mean {near}?" : $"; known here: {string.Join(", ", _asked.Order(StringComparer.Ordinal))}")));

    /// <summary>Parses 500ms, 10s, 5m, 24h, 7d.</summary>
    public static bool TryParseDuration(string text, out TimeSpan value)
    {
        var match = DurationPattern().Match(text);
        value = default;
        if (!match.Success || !double.TryParse(match.Groups[1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        var days = number / match.Groups[2].Value switch { "ms" => 86_400_000.0, "s" => 86_400, "m" => 1440, "h" => 24, _ => 1 };
        if (days > DurationDaysMax)
        {
            return false;
        }

        value = match.Groups[2].Value switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => TimeSpan.FromDays(number),
        };
        return true;
    }

    private static string Format(TimeSpan value) =>
        value.TotalDays >= 1 ? $"{value.TotalDays:0.###}d" : value.TotalSeconds >= 1 ? $"{value.TotalSeconds:0.###}s" : $"{value.TotalMilliseconds:0.###}ms";

    private string Qualified(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    [GeneratedRegex(@"^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)$")]
    private static partial Regex DurationPattern();
}
