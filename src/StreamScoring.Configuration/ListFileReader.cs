using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Lists;

namespace StreamScoring.Configuration;

/// <summary>Reads the lines of a list's file.</summary>
internal sealed class ListFileReader(string path, byte[] bytes)
{
    private static ReadOnlySpan<byte> Utf8Mark => [0xEF, 0xBB, 0xBF];

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Of the entry read last, from 1.</summary>
    public int Line { get; private set; }

    /// <exception cref="InvalidInputFileException">A line is wrong.</exception>
    public IEnumerable<ListEntry> Read() => ReadLines().Where(line => line.Entry is not null).Select(line => line.Entry!.Value);

    /// <summary>All lines; those without an entry are empty, comments or the header.</summary>
    /// <exception cref="InvalidInputFileException">A line is wrong.</exception>
    public IEnumerable<(string Line, ListEntry? Entry)> ReadLines()
    {
        var start = bytes.AsSpan().StartsWith(Utf8Mark) ? Utf8Mark.Length : 0;
        using var lines = new StreamReader(new MemoryStream(bytes, start, bytes.Length - start), Strict, detectEncodingFromByteOrderMarks: false);
        while (Next(lines) is { } line)
        {
            Line++;
            var holdsEntry = line.Length > 0 && line[0] != '#' && !(Line == 1 && line.Replace("\"", "", StringComparison.Ordinal).Equals(ListFileEditor.Header, StringComparison.OrdinalIgnoreCase));
            yield return (line, holdsEntry ? Parse(line) : null);
        }
    }

    private string? Next(StreamReader lines)
    {
        try
        {
            return lines.ReadLine()?.TrimEnd();
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidInputFileException($"{path}: holds bytes that are no UTF-8; save it in UTF-8", e);
        }
    }

    /// <summary>One line that holds an entry.</summary>
    /// <exception cref="InvalidInputFileException">It is wrong.</exception>
    public ListEntry Parse(string line)
    {
        var (entry, rest) = line[0] == '"' ? Quoted(line) : line.IndexOf(',') is >= 0 and var comma ? (line[..comma], line[comma..]) : (line, "");
        entry = line[0] == '"' ? entry : entry.Trim();
        if (entry.Length == 0)
        {
            throw Wrong("has no entry before the comma");
        }

        if (Encoding.UTF8.GetByteCount(entry) > ListRecord.EntryBytesMax)
        {
            throw Wrong($"has an entry of more than {ListRecord.EntryBytesMax} bytes");
        }

        var parts = rest.Split(',', 3);
        var until = parts.Length > 1 ? parts[1].Trim() : "";
        var untilMs = ListEntry.Forever;
        if (until.Length > 0 && !UntilTime.TryParse(until, out untilMs))
        {
            throw Wrong($"has an end of {until}; write {UntilTime.Forms}");
        }

        return new ListEntry(entry, untilMs, parts.Length > 2 && parts[2].Trim() is { Length: > 0 } note ? NoteOf(note) : null);
    }

    private string NoteOf(string note) => note[0] == '"' && Quoted(note) is (var text, "") ? text : note;

    /// <summary>An entry in quotes, in which two quotes are one (RFC 4180).</summary>
    private (string Entry, string Behind) Quoted(string line)
    {
        var entry = new StringBuilder();
        for (var at = 1; at < line.Length; at++)
        {
            if (line[at] != '"')
            {
                entry.Append(line[at]);
            }
            else if (at + 1 < line.Length && line[at + 1] == '"')
            {
                entry.Append(line[at++]);
            }
            else
            {
                var rest = line[(at + 1)..].TrimStart();
                return rest.Length == 0 || rest[0] == ',' ? (entry.ToString(), rest) : throw Wrong("has text behind a quoted entry; a comma goes there");
            }
        }

        throw Wrong("begins with a quote that does not end");
    }

    private InvalidInputFileException Wrong(string problem) => new($"{path}:{Line}: {problem}");
}
