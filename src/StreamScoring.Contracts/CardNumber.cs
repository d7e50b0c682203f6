namespace StreamScoring.Contracts;

/// <summary>
/// Finds card numbers in text, so that none is ever written anywhere: 13 to 19 digits with a card network's prefix and a correct check
/// digit, written together or in groups with blanks, dashes, dots, underlines or slashes between them.
/// </summary>
/// <remarks>
/// Check digit: ISO/IEC 7812-1, annex B (Luhn). Prefixes and lengths: the networks' published issuer ranges. Two things keep
/// identifiers from being mistaken: a run of more than 19 digits is no card number, and neither is a digit run inside a long
/// hexadecimal token (a hash) or a UUID. Behind dots, underlines and slashes groups count only at the lengths that cards are printed in.
/// </remarks>
public static class CardNumber
{
    private const int DigitsMin = 13, DigitsMax = 19;

    /// <summary>From this length on, a token of hexadecimal digits that holds a letter is taken for a hash.</summary>
    private const int HashLengthMin = 24;

    private const int SeparatorCharactersMax = 3, UuidLength = 36;

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
        var (count, position, groups) = (0, start, new Groups());
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

            groups.Add(position - groupStart);
            if (count >= DigitsMin && IsCard(digits[..count]) && groups.AreWritten(text, start, position) && !IsInsideHash(text, start, position))
            {
                end = position;
                return true;
            }

            var separator = SeparatorLength(text[position..], out var isBlank, out var isDash);
            if (separator == 0)
            {
                end = 0;
                return false;
            }

            position += separator;
            groups.Separate(isBlank, isDash);
        }
    }

    /// <summary>What stands between two groups of digits: up to three blanks, dashes, dots, underlines or slashes, in ASCII or typeset.</summary>
    /// <returns>Its bytes; 0 where no digit follows.</returns>
    private static int SeparatorLength(ReadOnlySpan<byte> rest, out bool isBlank, out bool isDash)
    {
        var (length, characters) = (0, 0);
        while (characters < SeparatorCharactersMax && length < rest.Length)
        {
            var size = rest[length..] switch
            {
                [(byte)' ' or (byte)'\t' or (byte)'-' or (byte)'.' or (byte)'_' or (byte)'/', ..] => 1,
                // No-break space; the spaces and dashes of general punctuation; narrow no-break space; minus sign.
                [0xC2, 0xA0, ..] => 2,
                [0xE2, 0x80, >= 0x80 and <= 0x95 or 0xAF, ..] or [0xE2, 0x88, 0x92, ..] => 3,
                _ => 0,
            };
            if (size == 0)
            {
                break;
            }

            (length, characters) = (length + size, characters + 1);
        }

        isBlank = length == 1 && rest[0] == (byte)' ';
        isDash = length == 1 && rest[0] == (byte)'-';
        return length < rest.Length && IsDigit(rest[length]) ? length : 0;
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

    /// <summary>Whether a part of the span stands in a UUID: 8-4-4-4-12 hexadecimal digits.</summary>
    private static bool IsInsideUuid(ReadOnlySpan<byte> text, int start, int end)
    {
        for (var from = Math.Max(0, end - UuidLength); from <= start && from + UuidLength <= text.Length; from++)
        {
            var isUuid = true;
            for (var i = 0; isUuid && i < UuidLength; i++)
            {
                isUuid = i is 8 or 13 or 18 or 23 ? text[from + i] == (byte)'-' : char.IsAsciiHexDigit((char)text[from + i]);
            }

            if (isUuid)
            {
                return true;
            }
        }

        return false;
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

    /// <summary>How the digits are grouped. Some ways of writing are common enough elsewhere that only a card's own groups count.</summary>
    private struct Groups()
    {
        private const int PrintedMin = 3, PrintedMax = 7;

        private int _count;
        private int _shortest = int.MaxValue;
        private int _longest;
        private bool _hasDash;
        private bool _hasOther;

        public void Add(int length) => (_count, _shortest, _longest) = (_count + 1, Math.Min(_shortest, length), Math.Max(_longest, length));

        public void Separate(bool isBlank, bool isDash) => (_hasDash, _hasOther) = (_hasDash || isDash, _hasOther || !(isBlank || isDash));

        /// <summary>Whether cards are written so, and not dates, addresses, numbers with decimals or UUIDs.</summary>
        public readonly bool AreWritten(ReadOnlySpan<byte> text, int start, int end) =>
            _hasOther ? _count >= 3 && _shortest >= PrintedMin && _longest <= PrintedMax
            : !_hasDash || (!IsInsideUuid(text, start, end)
                && ((_shortest >= PrintedMin - 1 && _longest <= PrintedMax)
                    || !((start > 0 && IsLetterOrDigit(text[start - 1])) || (end < text.Length && IsLetterOrDigit(text[end])))));
    }
}
