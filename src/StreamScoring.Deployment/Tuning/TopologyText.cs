using StreamScoring.Configuration;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace StreamScoring.Deployment.Tuning;

/// <summary>
/// Sets values in the text of a topology file and leaves all else as it stands: comments, order,
/// quotes, blank lines. A value is put where the old one stood; a key that is not there goes behind
/// the last of its section, and a section that is not there to the end.
/// </summary>
public static class TopologyText
{
    /// <param name="text">Of a topology file that can be read.</param>
    /// <param name="key">A section and a name: <c>emit.linger</c>.</param>
    /// <param name="value">A plain word or number.</param>
    /// <param name="comment">Put behind whatever else stands in the value's line.</param>
    /// <exception cref="InvalidInputFileException">The text is no YAML of keys and
    /// values.</exception>
    public static string Set(string text, string key, string value, string comment)
    {
        var newLine = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        var (section, name) = key.Split('.') is [var first, var last] ? (first, last) : throw new ArgumentException($"{key} is no section and name", nameof(key));
        var root = Root(text);
        if (!TryFind(root, section, out var sectionKey, out var found))
        {
            return IsFlow(root)
                ? InsertFirst(text, root, $"{section}: {{{name}: {value}}}", comment)
                : InsertLines(text, text.Length, $"{section}:{newLine}  {name}: {value} # {comment}", newLine);
        }

        if (found is YamlMappingNode map && map.Children.Count + (IsFlow(map) ? 1 : 0) > 0)
        {
            return TryFind(map, name, out _, out var old) ? Replace(text, old, value, comment)
                : IsFlow(map) ? InsertFirst(text, map, $"{name}: {value}", comment)
                : InsertLines(text, End(map), $"{Indent(FirstKey(map))}{name}: {value} # {comment}", newLine);
        }

        // A section without keys.
        return InsertLines(text, (int)sectionKey.End.Index, $"{Indent(sectionKey)}  {name}: {value} # {comment}", newLine);
    }

    /// <summary>Puts lines of comment above all else.</summary>
    public static string Head(string text, IEnumerable<string> lines)
    {
        var newLine = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        return string.Concat(lines.Select(line => $"# {line}".TrimEnd() + newLine)) + text;
    }

    private static YamlMappingNode Root(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new InvalidInputFileException($"not valid YAML: {e.Message}", e);
        }

        return stream.Documents.Count > 0 && stream.Documents[0].RootNode is YamlMappingNode root ? root : throw new InvalidInputFileException("expected keys and values at the top");
    }

    private static bool TryFind(YamlMappingNode map, string name, out YamlNode key, out YamlNode value)
    {
        foreach (var (known, node) in map.Children)
        {
            if (known is YamlScalarNode scalar && scalar.Value == name)
            {
                (key, value) = (known, node);
                return true;
            }
        }

        (key, value) = (map, map);
        return false;
    }

    private static bool IsFlow(YamlMappingNode map) => map.Style == MappingStyle.Flow;

    private static YamlNode FirstKey(YamlMappingNode map) => map.Children.First().Key;

    private static string Indent(YamlNode key) => new(' ', (int)key.Start.Column - 1);

    private static string Replace(string text, YamlNode old, string value, string comment)
    {
        var (start, end) = ((int)old.Start.Index, (int)old.End.Index);
        var was = text[start..end].Trim();
        // An empty value stands right behind its colon.
        var gap = start > 0 && text[start - 1] == ':' ? " " : "";
        return Comment(text[..start] + gap + value + text[end..], start, was.Length > 0 ? $"{comment}; was {was}" : comment);
    }

    private static string InsertFirst(string text, YamlMappingNode flow, string entry, string comment)
    {
        var at = (int)flow.Start.Index + 1;
        return Comment(text.Insert(at, flow.Children.Count > 0 ? entry + ", " : entry), at, comment);
    }

    /// <summary>Behind whatever stands in the line of a place, be that a comment too.</summary>
    private static string Comment(string text, int at, string comment)
    {
        var end = LineEnd(text, at);
        var line = text.AsSpan(0, end).TrimEnd(' ').Length;
        return text[..line] + " # " + comment + text[end..];
    }

    private static string InsertLines(string text, int behind, string lines, string newLine)
    {
        var end = LineEnd(text, behind);
        var isLastLine = end == text.Length;
        var before = text[..end];
        return isLastLine && (before.Length == 0 || before[^1] == '\n')
            ? before + lines + newLine
            : before + newLine + lines + (isLastLine ? newLine : text[end..]);
    }

    /// <summary>
    /// Where the line ends in which a place stands; of a place right behind a line's end, that
    /// line.
    /// </summary>
    private static int LineEnd(string text, int at)
    {
        var from = at < text.Length && at > 0 && text[at - 1] == '\n' ? at - 1 : at;
        var end = text.IndexOf('\n', Math.Min(from, text.Length));
        return end < 0 ? text.Length : end > 0 && text[end - 1] == '\r' ? end - 1 : end;
    }

    /// <summary>
    /// Where the last value of a node ends. Of a mapping in block style the library's own end is
    /// that of the lines behind it.
    /// </summary>
    private static int End(YamlNode node) => node switch
    {
        YamlMappingNode map when !IsFlow(map) && map.Children.Count > 0 => Math.Max((int)map.Children.Last().Key.End.Index, End(map.Children.Last().Value)),
        YamlSequenceNode { Style: not SequenceStyle.Flow, Children: [.., var last] } => End(last),
        YamlScalarNode { Value: null or "" } => 0,
        _ => (int)node.End.Index,
    };
}
