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

    /// <summary>How an end is written, for messages and help.</summary>
    public const string UntilForms = UntilTime.Forms;

    /// <summary>Stands where a line was; told by reference, as a file may hold the same text.
    /// </summary>
    private static readonly string Gone = new("gone");

    private readonly string _path;
    private readonly ListFileReader _reader;
    private readonly List<(string Line, ListEntry? Entry)> _lines = [];
    private readonly Dictionary<string, int> _lineOf = new(StringComparer.Ordinal);

    /// <exception cref="InvalidInputFileException">The file cannot be read, or a line is wrong.
    /// </exception>
    private ListFileEditor(string path, byte[] bytes)
    {
        (_path, _reader) = (path, new ListFileReader(path, bytes));
        foreach (var (line, entry) in _reader.ReadLines())
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
    /// <exception cref="InvalidInputFileException">No file could hold it.</exception>
    public bool Put(ListEntry entry)
    {
        var isThere = _lineOf.TryGetValue(entry.Text, out var at);
        entry = isThere && entry.Note is null ? entry with { Note = _lines[at].Entry!.Value.Note } : entry;
        var line = LineOf(entry);
        if (_reader.Parse(line) != entry)
        {
            throw new InvalidInputFileException($"{_path}: an entry that is read back as another: {entry.Text}");
        }

        if (isThere)
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

    private static string Quoted(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Writes the file.</summary>
    /// <exception cref="IOException">It could not be written; the old one is there still.
    /// </exception>
    public void Save()
    {
        // In the same folder, so that it can be put in the other's place; dot files are no lists.
        // A link stays one: what it names is replaced.
        var target = (File.Exists(_path) ? File.ResolveLinkTarget(_path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(_path);
        var temporary = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():n}");
        try
        {
            using (var writer = new StreamWriter(temporary, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" })
            {
                foreach (var (line, _) in _lines.Where(line => !ReferenceEquals(line.Line, Gone)))
                {
                    writer.WriteLine(line);
                }
            }

            if (File.Exists(target) && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(target));
            }

            File.Move(temporary, target, overwrite: true);
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
        var text = isPlain && entry.Text.Trim().Length == entry.Text.Length ? entry.Text : Quoted(entry.Text);
        var until = entry.UntilMs == ListEntry.Forever ? "" : DateTimeOffset.FromUnixTimeMilliseconds(entry.UntilMs).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        return entry.Note is { } note ? $"{text},{until},{(note.IndexOfAny([',', '"']) < 0 ? note : Quoted(note))}" : until.Length > 0 ? $"{text},{until}" : text;
    }
}
