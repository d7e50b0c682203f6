namespace StreamScoring.Expressions;

/// <summary>
/// Patterns of <c>like</c>: <c>*</c> is any text, none too, and <c>?</c> one character. All else is
/// itself.
/// </summary>
internal static class Wildcards
{
    /// <summary>
    /// Whether all of a text in UTF-8 fits a pattern. Takes at most the product of both lengths.
    /// </summary>
    /// <remarks>
    /// Only the last star is ever tried again: what an earlier one would take more of, the last one
    /// can take as well.
    /// </remarks>
    public static bool Match(ReadOnlySpan<byte> text, ReadOnlySpan<byte> pattern)
    {
        var (at, place, star, tried) = (0, 0, -1, 0);
        while (at < text.Length)
        {
            if (place < pattern.Length && pattern[place] == (byte)'*')
            {
                (star, tried) = (place++, at);
            }
            else if (place < pattern.Length && pattern[place] == (byte)'?')
            {
                at += CharacterLength(text, at);
                place++;
            }
            else if (place < pattern.Length && pattern[place] == text[at])
            {
                at++;
                place++;
            }
            else if (star >= 0)
            {
                tried += CharacterLength(text, tried);
                (at, place) = (tried, star + 1);
            }
            else
            {
                return false;
            }
        }

        return pattern[place..].IndexOfAnyExcept((byte)'*') < 0;
    }

    /// <summary>The first byte and those that continue it (RFC 3629).</summary>
    private static int CharacterLength(ReadOnlySpan<byte> text, int at)
    {
        var length = 1;
        while (at + length < text.Length && (text[at + length] & 0xC0) == 0x80)
        {
            length++;
        }

        return length;
    }
}
