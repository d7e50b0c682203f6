namespace StreamScoring.Contracts;

/// <summary>
/// Finds card numbers in text, so that none is ever written anywhere: 13 to 19 digits with a card network's prefix and a correct check
/// digit, written together or in groups with single blanks or dashes between them.
/// </summary>
/// <remarks>
/// Check digit: ISO/IEC 7812-1, annex B (Luhn). Prefixes and lengths: the networks' published issuer ranges. Two things keep
/// identifiers from being mistaken: a run of more than 19 digits is no card number, and neither is a digit run inside a long
/// hexadecimal token (a hash). Dashed groups count only at the lengths that cards are printed in, so that a UUID never matches.
/// </remarks>
public static class CardNumber
{
    private const int DigitsMin = 13, DigitsMax = 19;

    /// <summary>From this length on, a token of hexadecimal digits that holds a letter is taken for a hash.</summary>
    private const int HashLengthMin = 24;

    private const byte Mask = (byte)'*';

    public static bool IsIn(ReadOnlySpan<byte> text) => text.Length >= DigitsMin && Find(text, 0, out _, out _);

    /// <summary>Overwrites every card number's digits with asterisks.</summary>
    /// <returns>How many were found.</returns>
    public static int Redact(Span<byte> text)
    {
        var found = 0;
        var from = 0;
        while (Find(text, from, out var start, out var end))
        {
            for (var i = start; i < end; i++)
            {
                if (IsDigit(text[i]))
                {
                    text[i] = Mask;
                }
            }

            found++;
            from = end;
        }

        return found;
    }

    private static bool Find(ReadOnlySpan<byte> text, int from, out int start, out int end)
    {
        for (var i = from; i < text.Length; i++)
        {
            if (!IsDigit(text[i]) || (i > from && IsDigit(text[i - 1])))
            {
                continue;
            }

            // A run of digits starts here. Take it alone, then together with the groups that follow it.
            if (TryFrom(text, i, out end))
            {
                start = i;
                return true;
            }
        }

        (start, end) = (0, 0);
        return false;
    }

    private static bool TryFrom(ReadOnlySpan<byte> text, int start, out int end)
    {
        Span<byte> digits = stackalloc byte[DigitsMax];
        var count = 0;
        var position = start;
        var dashed = false;
        while (true)
        {
            var groupStart = position;
            while (position < text.Length && IsDigit(text[position]))
            {
                if (count == DigitsMax)
                {
                    end = 0;
                    return false;
                }

                digits[count++] = (byte)(text[position++] - '0');
            }

            var groupLength = position - groupStart;
            if (groupLength == 0 || (dashed && groupLength is < 2 or > 7))
            {
                break;
            }

            if (count >= DigitsMin && IsCard(digits[..count]) && !IsInsideHash(text, start, position))
            {
                end = position;
                return true;
            }

            if (position >= text.Length || text[position] is not ((byte)' ' or (byte)'-'))
            {
                break;
            }

            // The first group too must have a printed group's length, once a dash follows it.
            if (text[position] == (byte)'-')
            {
                if (groupLength > 7)
                {
                    break;
                }

                dashed = true;
            }

            position++;
        }

        end = 0;
        return false;
    }

    private static bool IsInsideHash(ReadOnlySpan<byte> text, int start, int end)
    {
        var (left, right) = (start, end);
        while (left > 0 && IsLetterOrDigit(text[left - 1]))
        {
            left--;
        }

        while (right < text.Length && IsLetterOrDigit(text[right]))
        {
            right++;
        }

        if (right - left < HashLengthMin)
        {
            return false;
        }

        foreach (var character in text[left..right])
        {
            if (!char.IsAsciiHexDigit((char)character))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsCard(ReadOnlySpan<byte> digits) => HasNetworkPrefix(digits) && HasCheckDigit(digits);

    private static bool HasCheckDigit(ReadOnlySpan<byte> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            // Every second digit, counted from the right, is doubled and its digits are added.
            var digit = digits[digits.Length - 1 - i];
            var doubled = (i & 1) == 1 ? digit * 2 : digit;
            sum += doubled > 9 ? doubled - 9 : doubled;
        }

        return sum % 10 == 0;
    }

    private static bool HasNetworkPrefix(ReadOnlySpan<byte> digits)
    {
        var two = (digits[0] * 10) + digits[1];
        var four = (two * 100) + (digits[2] * 10) + digits[3];
        return digits.Length switch
        {
            13 => digits[0] == 4 || IsMaestro(four),
            14 => two is 36 or 38 or 39 || four is >= 3000 and <= 3059 || four / 10 == 309 || IsMaestro(four),
            15 => two is 34 or 37 || four is 2014 or 2149 or 2131 or 1800 || IsMaestro(four),
            16 => digits[0] == 4 || two is >= 51 and <= 55 || four is >= 2221 and <= 2720 || IsDiscoverOrUnionPay(two, four)
                || four is >= 3528 and <= 3589 || four is >= 2200 and <= 2204 || two is 36 or 38 or 39 || IsMaestro(four),
            _ => (digits.Length == 19 && digits[0] == 4) || IsDiscoverOrUnionPay(two, four) || four is >= 3528 and <= 3589
                || four is >= 2200 and <= 2204 || IsMaestro(four),
        };
    }

    private static bool IsDiscoverOrUnionPay(int two, int four) =>
        four == 6011 || four / 10 is >= 644 and <= 649 || two is 65 or 62 or 81 || two == 60;

    private static bool IsMaestro(int four) => four / 100 is 50 or 56 or 57 or 58 or 67 or 63 || four is 6390 or 6304 or 6759;

    private static bool IsDigit(byte character) => (uint)(character - '0') <= 9;

    private static bool IsLetterOrDigit(byte character) => char.IsAsciiLetterOrDigit((char)character);
}
