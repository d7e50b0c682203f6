using System.Text;
using StreamScoring.Lists;

namespace StreamScoring.Configuration;

/// <summary>
/// Changes a list's file: entries are put at the end, or in the place of the one of the same text;
/// comments and all other lines stay as they are. The file is replaced in one go.
/// </summary>
public sealed class ListFileEditor
{
    public const string Header = "entry,until,note";

    /// <summary>Stands where a line was; told by reference, as a file may hold the same text.
    /// </summary>
    private static readonly string Gone = new("gone");

    private readonly string _path;
    private readonly List<(string Line, ListEntry? Entry)> _lines = [];
    private readonly Dictionary<string, int> _lineOf = new(StringComparer.Ordinal);

    /// <exception cref="InvalidInputFileException">The file cannot be read, or a line is wrong.
    /// </exception>
    private ListFileEditor(string path, byte[] bytes)
    {
        _path = path;
        foreach (var (line, entry) in new ListFileReader(path, bytes).ReadLines())
        {
            if (entry is not { } own)
            {
                _lines.Add((line, null));
            }
            else if (_lineOf.TryGetValue(own.Text, out var earlier))
            {
                // Of two of one text the later end counts; one line is left of them.
                var end = Math.Max(own.UntilMs, _lines[earlier].Entry!.Value.UntilMs);
                var merged = own with { UntilMs = end };
                _lines[earlier] = (Gone, null);
                _lineOf[own.Text] = _lines.Count;
                _lines.Add((end == own.UntilMs ? line : LineOf(merged), merged));
            }
            else
            {
                _lineOf[own.Text] = _lines.Count;
                _lines.Add((line, own));
            }
        }
    }

    /// <summary>Entries of different texts.</summary>
    public int Count => _lineOf.Count;

    /// <summary>In the file's order, each text once: where it stands last.</summary>
    public IEnumerable<ListEntry> Entries => _lines.Where(line => line.Entry is not null).Select(line => line.Entry!.Value);

    /// <summary>Opens the file of a list.</summary>
    /// <param name="path">Where there is no file yet, a new one is begun.</param>
    public static ListFileEditor Open(string path)
    {
        try
        {
            return new ListFileEditor(path, File.Exists(path) ? File.ReadAllBytes(path) : []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads all entries of a file that has the form of a list's.</summary>
    /// <exception cref="InvalidInputFileException">It cannot be read, or a line is
    /// wrong.</exception>
    public static IReadOnlyList<ListEntry> ReadAll(string path) => File.Exists(path) ? [.. Open(path).Entries] : throw new InvalidInputFileException($"{path}: there is no such file");

    /// <returns>Whether there was no entry of that text.</returns>
    public bool Put(ListEntry entry)
    {
        var line = LineOf(entry);
        if (_lineOf.TryGetValue(entry.Text, out var at))
        {
            _lines[at] = (line, entry);
            return false;
        }

        _lineOf[entry.Text] = _lines.Count;
        _lines.Add((line, entry));
        return true;
    }

    /// <summary>Takes an entry out.</summary>
    /// <returns>Whether there was one of that text.</returns>
    public bool Remove(string text)
    {
        if (!_lineOf.Remove(text, out var at))
        {
            return false;
        }

        _lines[at] = (Gone, null);
        return true;
    }

    /// <summary>Writes the file.</summary>
    /// <exception cref="IOException">It could not be written; the old one is there still.
    /// </exception>
    public void Save()
    {
        // In the same folder, so that it can be put in the other's place; dot files are no lists.
        var temporary = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_path))!, $".{Path.GetFileName(_path)}.{Guid.NewGuid():n}");
        try
        {
            using (var writer = new StreamWriter(temporary, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" })
            {
                foreach (var (line, _) in _lines.Where(line => !ReferenceEquals(line.Line, Gone)))
                {
                    writer.WriteLine(line);
                }
            }

            File.Move(temporary, _path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <param name="untilMs">The first moment at which an entry has ended, ms since the Unix epoch.
    /// </param>
    public static bool TryParseUntil(string text, out long untilMs) => UntilTime.TryParse(text, out untilMs);

    /// <summary>An entry as a line of a file.</summary>
    public static string LineOf(ListEntry entry)
    {
        var isPlain = entry.Text.IndexOfAny([',', '"', '#']) < 0 && entry.Text != Header;
        var text = isPlain ? entry.Text : $"\"{entry.Text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        var until = entry.UntilMs == ListEntry.Forever ? "" : DateTimeOffset.FromUnixTimeMilliseconds(entry.UntilMs).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        return entry.Note is { } note ? $"{text},{until},{note}" : until.Length > 0 ? $"{text},{until}" : text;
    }
}
