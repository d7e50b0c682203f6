using System.Globalization;
using System.Text;

namespace StreamScoring.Contracts;

/// <summary>
/// Text of records, made fit for a line on a terminal or in a log: what moves the cursor, ends the
/// line or turns its direction is written as an escape, so that no record forges a line.
/// </summary>
public static class TerminalText
{
    /// <summary>
    /// The text, with <c>\u001b</c> for an escape character and the like. JSON escapes, as in
    /// <c>--json</c>.
    /// </summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var first = IndexOfUnsafe(text);
        if (first < 0)
        {
            return text;
        }

        var escaped = new StringBuilder(text, 0, first, text.Length + 16);
        for (var i = first; i < text.Length; i++)
        {
            if (IsUnsafe(text, i))
            {
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}");
            }
            else
            {
                escaped.Append(text[i]);
            }
        }

        return escaped.ToString();
    }

    /// <summary>
    /// Whether bytes of UTF-8 may go to a terminal as they are: printable ASCII only, which is what
    /// nearly all are.
    /// </summary>
    public static bool IsPlain(ReadOnlySpan<byte> utf8) => utf8.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7e) < 0;

    private static int IndexOfUnsafe(string text)
    {
        var i = text.AsSpan().IndexOfAnyExceptInRange(' ', '~');
        while (i >= 0 && i < text.Length && !IsUnsafe(text, i))
        {
            i++;
        }

        return i < text.Length ? i : -1;
    }

    /// <summary>
    /// Controls (C0, DEL, C1), line and paragraph separators, what turns the direction and is not
    /// seen, half characters.
    /// </summary>
    private static bool IsUnsafe(string text, int index)
    {
        var character = text[index];
        if (char.IsHighSurrogate(character))
        {
            return index + 1 == text.Length || !char.IsLowSurrogate(text[index + 1]);
        }

        return char.IsLowSurrogate(character) ? index == 0 || !char.IsHighSurrogate(text[index - 1])
            : char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
    }
}
