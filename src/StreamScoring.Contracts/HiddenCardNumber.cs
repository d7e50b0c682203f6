using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace StreamScoring.Contracts;

/// <summary>
/// Finds card numbers that a record holds and does not show as plain digits: behind JSON escapes, as a number with an exponent, as a
/// binary integer or float, in two-byte characters. For records that are about to be copied whole; <see cref="CardNumber"/> is for fields.
/// </summary>
public static class HiddenCardNumber
{
    /// <summary>Escapes in escapes, as a JSON text inside a JSON text has them.</summary>
    private const int EscapeLevelsMax = 4;

    /// <param name="record">Any bytes; visible card numbers are masked already.</param>
    /// <param name="scratch">At least as long as the record; overwritten.</param>
    public static bool IsIn(ReadOnlySpan<byte> record, Span<byte> scratch) =>
        IsBehindEscapes(record, scratch) || HasExponent(record) || (!Utf8.IsValid(record) && (IsBinary(record) || IsBetweenZeros(record, scratch)));

    /// <summary>Whether a number's decimal digits are a card number.</summary>
    public static bool IsIn(double number) => Math.Abs(number) is >= 1e12 and <= 1e19 && IsIn((ulong)Math.Abs(number));

    /// <inheritdoc cref="IsIn(double)"/>
    public static bool IsIn(ulong number)
    {
        Span<byte> text = stackalloc byte[20];
        return number.TryFormat(text, out var written, default, CultureInfo.InvariantCulture) && CardNumber.IsIn(text[..written]);
    }

    private static bool IsBehindEscapes(ReadOnlySpan<byte> record, Span<byte> scratch)
    {
        var text = record;
        for (var level = 0; level < EscapeLevelsMax && text.Contains((byte)'\\'); level++)
        {
            var length = Unescape(text, scratch);
            text = scratch[..length];
            if (CardNumber.IsIn(text) || HasExponent(text))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes one level of JSON escapes away. Never longer than its input, and may work in place.</summary>
    private static int Unescape(ReadOnlySpan<byte> text, Span<byte> output)
    {
        var written = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != (byte)'\\' || i + 1 == text.Length)
            {
                output[written++] = text[i];
            }
            else if (text[++i] == (byte)'u' && i + 4 < text.Length && ushort.TryParse(text.Slice(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            {
                var rune = Rune.TryCreate((char)unit, out var character) ? character : Rune.ReplacementChar;
                written += rune.EncodeToUtf8(output[written..]);
                i += 4;
            }
            else
            {
                output[written++] = text[i] == (byte)'t' ? (byte)'\t' : text[i];
            }
        }

        return written;
    }

    private static bool HasExponent(ReadOnlySpan<byte> text)
    {
        for (var i = text.IndexOfAny((byte)'e', (byte)'E'); i >= 0;)
        {
            var (start, end) = (i, i + 1);
            while (start > 0 && text[start - 1] is (>= (byte)'0' and <= (byte)'9') or (byte)'.')
            {
                start--;
            }

            while (end < text.Length && (text[end] is >= (byte)'0' and <= (byte)'9' || (end == i + 1 && text[end] is (byte)'+' or (byte)'-')))
            {
                end++;
            }

            // Exact, unlike a double: nineteen digits are more than it holds.
            if (start < i && decimal.TryParse(text[start..end], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && number < ulong.MaxValue && IsIn((ulong)number))
            {
                return true;
            }

            var next = text[(i + 1)..].IndexOfAny((byte)'e', (byte)'E');
            i = next < 0 ? -1 : i + 1 + next;
        }

        return false;
    }

    /// <summary>Looks at every place where an integer or float of eight bytes may stand in MessagePack.</summary>
    private static bool IsBinary(ReadOnlySpan<byte> record)
    {
        for (var i = 0; i + sizeof(long) < record.Length; i++)
        {
            var body = record[(i + 1)..];
            var isCard = record[i] switch
            {
                0xcf => IsIn(BinaryPrimitives.ReadUInt64BigEndian(body)),
                0xd3 => IsIn(BinaryPrimitives.ReadInt64BigEndian(body) is var integer && integer < 0 ? 0 - (ulong)integer : (ulong)integer),
                0xcb => IsIn(BinaryPrimitives.ReadDoubleBigEndian(body)),
                _ => false,
            };
            if (isCard)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsBetweenZeros(ReadOnlySpan<byte> record, Span<byte> scratch)
    {
        var written = 0;
        foreach (var value in record)
        {
            if (value != 0)
            {
                scratch[written++] = value;
            }
        }

        return CardNumber.IsIn(scratch[..written]);
    }
}
