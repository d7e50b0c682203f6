using System.Buffers.Text;
using StreamScoring.Contracts;

namespace StreamScoring.Mapping;

/// <summary>What cells have in common, whatever field they make.</summary>
public static class CellText
{
    /// <summary>Without blanks, tabs and no-break spaces at either end.</summary>
    /// <param name="text">UTF-8.</param>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        while (BlankLength(text) is > 0 and var length)
        {
            text = text[length..];
        }

        while (!text.IsEmpty)
        {
            var length = text[^1] is (byte)' ' or (byte)'\t' ? 1 : text.EndsWith(NoBreak) ? 2 : text.EndsWith(NarrowNoBreak) ? 3 : 0;
            if (length == 0)
            {
                break;
            }

            text = text[..^length];
        }

        return text;
    }

    /// <summary>
    /// A whole number that was written as a float: <c>12345.0</c> is <c>12345</c>. Tools that know
    /// no missing whole numbers make floats of a column of ids; the ids stay the same. What holds a
    /// card number as it is written stays so: without its point one that was rounded is not told.
    /// </summary>
    /// <param name="text">UTF-8.</param>
    /// <returns>All of the text where it is no such number.</returns>
    public static ReadOnlySpan<byte> WholeOf(ReadOnlySpan<byte> text) =>
        WithoutZeros(text) is var whole && whole.Length < text.Length && whole.Length >= CardDigitsMin && CardNumber.IsInNumber(text) ? text : whole;

    /// <inheritdoc cref="WholeOf"/>
    /// <remarks>Of a card number too.</remarks>
    internal static ReadOnlySpan<byte> WithoutZeros(ReadOnlySpan<byte> text)
    {
        var end = text.Length;
        while (end > 0 && text[end - 1] == '0')
        {
            end--;
        }

        if (end == text.Length || end < 2 || text[end - 1] != '.')
        {
            return text;
        }

        var whole = text[..(end - 1)];
        var digits = whole[0] == '-' ? whole[1..] : whole;
        return digits.IsEmpty || digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0 ? text : whole;
    }

    /// <summary>Digits with at most a minus sign before them.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="number">Within 64 bits.</param>
    public static bool TryWhole(ReadOnlySpan<byte> text, out long number) =>
        Utf8Parser.TryParse(text, out number, out var read) && read == text.Length && text[0] != '+';

    /// <summary>How many bytes of white space a text begins with: one character of it.</summary>
    internal static int BlankLength(ReadOnlySpan<byte> text) =>
        text.IsEmpty ? 0
        : text[0] is (byte)' ' or (byte)'\t' ? 1
        : text[0] < 0x80 ? 0
        : text.StartsWith(NoBreak) ? 2
        : text.StartsWith(NarrowNoBreak) ? 3
        : 0;

    /// <summary>Shorter numbers are none of cards.</summary>
    private const int CardDigitsMin = 12;

    /// <summary>U+00A0.</summary>
    private static ReadOnlySpan<byte> NoBreak => [0xC2, 0xA0];

    /// <summary>U+202F, with which some languages group digits.</summary>
    private static ReadOnlySpan<byte> NarrowNoBreak => [0xE2, 0x80, 0xAF];
}
