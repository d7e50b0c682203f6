using System.Buffers;
using System.Globalization;
using System.Text;

namespace StreamScoring.Contracts;

/// <summary>
/// Card numbers that do not stand in a text as digits: behind escapes, in hexadecimal, in base 64,
/// packed two digits to a character. Each form is undone once and what comes out is looked at; a
/// form within a form is not. Every walk is linear in the text.
/// </summary>
internal static class EncodedCardNumber
{
    /// <summary>Escapes in escapes, as a JSON text inside a JSON text has them.</summary>
    private const int EscapeLevelsMax = 4;

    private const int HexDigitsMin = 2 * CardNetworks.DigitsMin, Base64LengthMin = 18;

    /// <param name="scratch">At least as long as the text; overwritten.</param>
    /// <param name="steps">Raised by what was looked at.</param>
    public static bool IsIn(ReadOnlySpan<byte> text, CardNumberHints hints, Span<byte> scratch, bool isThorough, ref int steps) =>
        ((hints & CardNumberHints.Escapes) != 0 && IsBehindEscapes(text, scratch, isThorough, ref steps))
        || ((hints & CardNumberHints.Hex) != 0 && IsInHex(text, scratch, isThorough, ref steps))
        || ((hints & CardNumberHints.Base64) != 0 && IsInBase64(text, scratch, isThorough, ref steps))
        || ((hints & CardNumberHints.Packed) != 0 && IsPackedInCharacters(text, ref steps));

    /// <summary>
    /// Packed decimals (BCD) of which each byte became a character, as a text with control
    /// characters shows.
    /// </summary>
    public static bool IsPackedInCharacters(ReadOnlySpan<byte> text, ref int steps)
    {
        Span<byte> digits = stackalloc byte[DigitCluster.RoomMax];
        Span<ushort> sums = stackalloc ushort[(2 * DigitCluster.RoomMax) + 2];
        var cluster = new DigitCluster(digits, sums);
        var hasControl = false;
        for (var at = 0; at < text.Length;)
        {
            var isValid = Rune.DecodeFromUtf8(text[at..], out var rune, out var length) == OperationStatus.Done;
            at += length;
            hasControl |= Rune.IsControl(rune);
            if (EndsPacked(ref cluster, isValid && rune.Value <= 0xff ? rune.Value : -1, ref hasControl))
            {
                steps += cluster.Steps;
                return true;
            }
        }

        steps += text.Length + cluster.Steps;
        return hasControl && HoldsPacked(ref cluster);
    }

    /// <summary>
    /// Packed decimals in raw bytes, of which one at least is no printable character.
    /// </summary>
    public static bool IsPackedInBytes(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digits = stackalloc byte[DigitCluster.RoomMax];
        Span<ushort> sums = stackalloc ushort[(2 * DigitCluster.RoomMax) + 2];
        var cluster = new DigitCluster(digits, sums);
        var hasControl = false;
        foreach (var value in bytes)
        {
            hasControl |= value is < 0x20 or > 0x7e;
            if (EndsPacked(ref cluster, value, ref hasControl))
            {
                return true;
            }
        }

        return hasControl && HoldsPacked(ref cluster);
    }

    private static bool EndsPacked(ref DigitCluster cluster, int value, ref bool hasControl)
    {
        if (value >= 0 && value >> 4 <= 9 && ((value & 0xf) <= 9 || (value & 0xf) == 0xf) && cluster.Count + 2 <= DigitCluster.RoomMax)
        {
            cluster.Add(value >> 4, DigitSeparator.None, isAtLetter: false);
            if ((value & 0xf) <= 9)
            {
                cluster.Add(value & 0xf, DigitSeparator.None, isAtLetter: false);
                return false;
            }
        }

        // An F fills up the last byte of a number with an odd count of digits.
        var found = hasControl && HoldsPacked(ref cluster);
        cluster.Clear();
        hasControl = false;
        return found;
    }

    private static bool HoldsPacked(ref DigitCluster cluster) =>
        cluster.HoldsCardNumber(isThorough: true, endsAtLetter: false, isExpiryBehind: false);

    private static bool IsBehindEscapes(ReadOnlySpan<byte> text, Span<byte> scratch, bool isThorough, ref int steps)
    {
        var unescaped = text;
        for (var level = 0; level < EscapeLevelsMax && unescaped.IndexOfAny((byte)'%', (byte)'\\', (byte)'&') >= 0; level++)
        {
            steps += unescaped.Length;
            unescaped = scratch[..Unescape(unescaped, scratch)];
            if (CardNumber.HasDigits(unescaped, isThorough, ref steps))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Takes one level of escapes away: of JSON, of addresses (%20) and of markup (&amp;#52;).
    /// Never longer than its input; may work in place.
    /// </summary>
    private static int Unescape(ReadOnlySpan<byte> text, Span<byte> output)
    {
        var written = 0;
        for (var at = 0; at < text.Length;)
        {
            var rest = text[at..];
            var (value, length) = rest[0] switch
            {
                (byte)'%' => (Hex(rest, 1, 2), 3),
                (byte)'\\' when rest.Length > 1 => (char)(rest[1] | 0x20) switch
                {
                    'u' => (Hex(rest, 2, 4), 6),
                    'x' => (Hex(rest, 2, 2), 4),
                    'n' or 'r' or 't' => (' ', 2),
                    _ => (rest[1], 2),
                },
                (byte)'&' => Entity(rest),
                _ => (-1, 1),
            };
            if (value < 0)
            {
                (value, length) = (rest[0], 1);
                output[written++] = (byte)value;
            }
            else if (rest[0] == (byte)'%' || value < 0x80)
            {
                // Percent signs write bytes, of which some are a character together.
                output[written++] = (byte)value;
            }
            else
            {
                written += (Rune.TryCreate(value, out var rune) ? rune : Rune.ReplacementChar).EncodeToUtf8(output[written..]);
            }

            at += length;
        }

        return written;
    }

    private static int Hex(ReadOnlySpan<byte> text, int start, int count) =>
        text.Length >= start + count
        && uint.TryParse(text.Slice(start, count), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? (int)value
            : -1;

    private static (int Value, int Length) Entity(ReadOnlySpan<byte> rest)
    {
        var end = rest[..Math.Min(rest.Length, 10)].IndexOf((byte)';');
        if (end < 3)
        {
            return (-1, 1);
        }

        var name = rest[1..end];
        if (name[0] != (byte)'#')
        {
            // Spaces and hyphens have names; no digit has.
            return (' ', end + 1);
        }

        var isHex = (name[1] | 0x20) == 'x';
        var style = isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        return uint.TryParse(name[(isHex ? 2 : 1)..], style, CultureInfo.InvariantCulture, out var value) && value <= 0x10ffff
            ? ((int)value, end + 1)
            : (-1, 1);
    }

    private static bool IsInHex(ReadOnlySpan<byte> text, Span<byte> scratch, bool isThorough, ref int steps)
    {
        for (var at = 0; at < text.Length;)
        {
            var start = at;
            while (at < text.Length && char.IsAsciiHexDigit((char)text[at]))
            {
                at++;
            }

            for (var offset = 0; offset < 2 && at - start >= HexDigitsMin; offset++)
            {
                var digits = text[(start + offset)..at];
                for (var i = 0; i < digits.Length / 2; i++)
                {
                    scratch[i] = (byte)((HexValue(digits[2 * i]) << 4) | HexValue(digits[(2 * i) + 1]));
                }

                steps += digits.Length;
                if (CardNumber.HasDigits(scratch[..(digits.Length / 2)], isThorough, ref steps))
                {
                    return true;
                }
            }

            at++;
        }

        return false;
    }

    private static int HexValue(byte digit) => digit <= (byte)'9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static bool IsInBase64(ReadOnlySpan<byte> text, Span<byte> scratch, bool isThorough, ref int steps)
    {
        for (var at = 0; at < text.Length;)
        {
            var start = at;
            while (at < text.Length && SextetOf(text[at]) >= 0)
            {
                at++;
            }

            // Where the form begins is not known: a name may stand before it.
            for (var offset = 0; offset < 4 && at - start - offset >= Base64LengthMin; offset++)
            {
                var decoded = scratch[..FromBase64(text[(start + offset)..at], scratch)];
                steps += decoded.Length;
                if (decoded.Length >= CardNetworks.DigitsMin && (CardNumberGlance.Look(decoded) & CardNumberHints.Digits) != 0
                    && CardNumber.HasDigits(decoded, isThorough, ref steps))
                {
                    return true;
                }
            }

            at++;
        }

        return false;
    }

    private static int FromBase64(ReadOnlySpan<byte> text, Span<byte> output)
    {
        var (bits, bitCount, written) = (0, 0, 0);
        foreach (var character in text)
        {
            (bits, bitCount) = ((bits << 6) | SextetOf(character), bitCount + 6);
            if (bitCount >= 8)
            {
                bitCount -= 8;
                output[written++] = (byte)(bits >> bitCount);
                bits &= (1 << bitCount) - 1;
            }
        }

        return written;
    }

    private static int SextetOf(byte character) => character switch
    {
        >= (byte)'A' and <= (byte)'Z' => character - 'A',
        >= (byte)'a' and <= (byte)'z' => character - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => character - '0' + 52,
        (byte)'+' or (byte)'-' => 62,
        (byte)'/' or (byte)'_' => 63,
        _ => -1,
    };
}
