using System.Text;

namespace StreamScoring.Mapping;

/// <summary>Words that stand in columns of numbers.</summary>
internal static class NumberWords
{
    /// <summary>Whether it is what people and their tools write where there is no number.</summary>
    /// <param name="word">UTF-8.</param>
    public static bool IsMissing(ReadOnlySpan<byte> word) =>
        word.Length is 2 or 3 or 4 && (Ascii.EqualsIgnoreCase(word, "nan"u8) || Ascii.EqualsIgnoreCase(word, "na"u8) || Ascii.EqualsIgnoreCase(word, "n/a"u8)
            || Ascii.EqualsIgnoreCase(word, "null"u8) || Ascii.EqualsIgnoreCase(word, "none"u8));

    /// <summary>A flag is a number too: 1 or 0.</summary>
    /// <param name="word">UTF-8.</param>
    public static bool TryFlag(ReadOnlySpan<byte> word, out double number)
    {
        var isTrue = Ascii.EqualsIgnoreCase(word, "true"u8);
        number = isTrue ? 1 : 0;
        return isTrue || Ascii.EqualsIgnoreCase(word, "false"u8);
    }
}
