using System.Globalization;
using System.Text;
using StreamScoring.Contracts;

namespace StreamScoring.Mapping;

/// <summary>
/// Reads the amounts of one field: digits in groups, a mark of the currency, a sign in front,
/// behind or by brackets. Made once; allocates nothing for an amount that fits.
/// </summary>
/// <param name="IsMajor">Whether amounts are euros with decimals; else cents.</param>
/// <param name="IsCommaDecimal">Whether the comma begins the decimals, and the point groups
/// digits.</param>
/// <param name="Refund">What becomes of an amount below 0.</param>
/// <param name="Rounding">What becomes of further decimals.</param>
public sealed record AmountReading(bool IsMajor, bool IsCommaDecimal = false, RefundRule Refund = RefundRule.Refuse, RoundingRule Rounding = RoundingRule.Refuse)
{
    /// <summary>So many digits that no larger number of them is an amount of any
    /// currency.</summary>
    private const int DigitsMax = 28;

    private static readonly decimal[] PowersOfTen = [1m, 10m, 100m, 1000m, 10_000m];

    /// <summary>Words that stand for a currency before or behind an amount.</summary>
    private static readonly byte[][] Marks = [.. new[] { "US$", "A$", "C$", "R$", "HK$", "NZ$", "S$", "kr", "kr.", "zł", "Kč", "Ft", "lei", "Fr", "Fr.", "CHF", "Rs", "Rs." }.Select(Encoding.UTF8.GetBytes)];

    /// <summary>Minor units of whole numbers, as the contract has them.</summary>
    public static AmountReading Minor { get; } = new(IsMajor: false);

    /// <param name="text">UTF-8.</param>
    /// <param name="currencyIndex">As in <see cref="CurrencyTable"/>.</param>
    /// <param name="minor">Minor units of the currency; not negative.</param>
    public MapReason Read(ReadOnlySpan<byte> text, short currencyIndex, out long minor)
    {
        minor = 0;
        var reason = Number(text, IsCommaDecimal, currencyIndex, out var number);
        if (reason != MapReason.None)
        {
            return reason;
        }

        if (number < 0)
        {
            if (Refund != RefundRule.Absolute)
            {
                return Refund == RefundRule.Skip ? MapReason.Skipped : MapReason.Negative;
            }

            number = -number;
        }

        var scale = IsMajor ? PowersOfTen[CurrencyTable.ExponentOf(currencyIndex)] : 1m;
        if (number > long.MaxValue / scale)
        {
            return MapReason.TooLarge;
        }

        number *= scale;
        var whole = decimal.Truncate(number);
        if (whole != number)
        {
            switch (Rounding)
            {
                case RoundingRule.Refuse:
                    return MapReason.Fraction;
                case RoundingRule.HalfEven:
                    whole = decimal.Round(number, 0, MidpointRounding.ToEven);
                    break;
                case RoundingRule.HalfUp:
                    whole = decimal.Round(number, 0, MidpointRounding.AwayFromZero);
                    break;
            }
        }

        if (whole > long.MaxValue)
        {
            return MapReason.TooLarge;
        }

        minor = (long)whole;
        return MapReason.None;
    }

    /// <summary>A number as people write amounts.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="isCommaDecimal">Whether the comma begins the decimals.</param>
    /// <param name="currencyIndex">Whose code may stand beside it; -1: any.</param>
    public static MapReason Number(ReadOnlySpan<byte> text, bool isCommaDecimal, short currencyIndex, out decimal number)
    {
        text = CellText.Trim(text);
        if (TryPlain(text, isCommaDecimal ? (byte)',' : (byte)'.', out number))
        {
            return MapReason.None;
        }

        var isNegative = false;
        if (text is [(byte)'(', .. var inner, (byte)')'])
        {
            text = CellText.Trim(inner);
            isNegative = true;
        }

        if (!TakeSign(ref text, ref isNegative) || !TakeMark(ref text, currencyIndex, out var isOther) || !TakeSign(ref text, ref isNegative))
        {
            return MapReason.NoNumber;
        }

        if (isOther)
        {
            return MapReason.OtherCurrency;
        }

        var reason = TryGrouped(text, isCommaDecimal, out number) ? MapReason.None : MapReason.NoNumber;
        number = isNegative ? -number : number;
        return reason;
    }

    /// <summary>The common case: digits, and decimals behind one point.</summary>
    private static bool TryPlain(ReadOnlySpan<byte> text, byte point, out decimal number)
    {
        number = 0;
        var isNegative = text is [(byte)'-', ..];
        var (digits, decimals, seen, isBehind) = (0UL, 0, 0, false);
        for (var i = isNegative ? 1 : 0; i < text.Length; i++)
        {
            if (text[i] == point && !isBehind)
            {
                isBehind = true;
            }
            else if (char.IsAsciiDigit((char)text[i]) && seen < 18)
            {
                digits = (digits * 10) + (ulong)(text[i] - '0');
                seen++;
                decimals += isBehind ? 1 : 0;
            }
            else
            {
                return false;
            }
        }

        if (seen == 0)
        {
            return false;
        }

        number = new decimal(unchecked((int)digits), (int)(digits >> 32), 0, isNegative && digits != 0, (byte)decimals);
        return true;
    }

    private static bool TakeSign(ref ReadOnlySpan<byte> text, ref bool isNegative)
    {
        var length = text.IsEmpty ? 0 : text[0] is (byte)'-' or (byte)'+' ? 1 : text.StartsWith(Minus) ? 3 : 0;
        if (length > 0)
        {
            var isMinus = text[0] != '+';
            text = CellText.Trim(text[length..]);
            if (isNegative && isMinus)
            {
                // Twice a minus is a mistake, and no plus.
                return false;
            }

            isNegative |= isMinus;
        }
        else if (text.Length > 1 && text[^1] == '-')
        {
            text = CellText.Trim(text[..^1]);
            if (isNegative)
            {
                return false;
            }

            isNegative = true;
        }

        return true;
    }

    /// <summary>A sign or a word of a currency, in front or behind.</summary>
    private static bool TakeMark(ref ReadOnlySpan<byte> text, short currencyIndex, out bool isOther)
    {
        isOther = false;
        var front = 0;
        while (front < text.Length && IsMarkByte(text[front]) && CellText.BlankLength(text[front..]) == 0)
        {
            front++;
        }

        var back = text.Length;
        while (back > front && (IsMarkByte(text[back - 1]) || (text[back - 1] == '.' && back - 2 >= front && IsMarkByte(text[back - 2]))))
        {
            back--;
        }

        // "Fr. 12" and "kr. 12".
        front = front > 0 && front < back && text[front] == '.' && front + 1 < back && text[front + 1] == ' ' ? front + 1 : front;
        var before = text[..front];
        var behind = CellText.Trim(text[back..]);
        if (before.IsEmpty && behind.IsEmpty)
        {
            return true;
        }

        text = CellText.Trim(text[front..back]);
        return (before.IsEmpty || IsMark(before, currencyIndex, ref isOther)) && (behind.IsEmpty || IsMark(behind, currencyIndex, ref isOther));
    }

    private static bool IsMarkByte(byte character) => char.IsAsciiLetter((char)character) || character == '$' || character >= 0x80;

    private static bool IsMark(ReadOnlySpan<byte> mark, short currencyIndex, ref bool isOther)
    {
        if (CurrencyTable.TryFind(mark, out var index))
        {
            isOther |= currencyIndex >= 0 && index != currencyIndex;
            return true;
        }

        if (Rune.DecodeFromUtf8(mark, out var rune, out var length) == System.Buffers.OperationStatus.Done && length == mark.Length
            && Rune.GetUnicodeCategory(rune) == UnicodeCategory.CurrencySymbol)
        {
            return true;
        }

        foreach (var known in Marks)
        {
            if (mark.SequenceEqual(known))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Digits in groups: the last has three, those before two or three, and the first as many as
    /// are left. Anything else may be decimals, and is no guess of ours.
    /// </summary>
    private static bool TryGrouped(ReadOnlySpan<byte> text, bool isCommaDecimal, out decimal number)
    {
        number = 0;
        Span<byte> plain = stackalloc byte[DigitsMax + 2];
        var (length, group, groups, separator, at) = (0, 0, 0, 0, 0);
        while (at < text.Length)
        {
            var character = text[at];
            if (char.IsAsciiDigit((char)character))
            {
                if (length == DigitsMax)
                {
                    return false;
                }

                plain[length++] = character;
                (group, at) = (group + 1, at + 1);
                continue;
            }

            if (character == (isCommaDecimal ? ',' : '.'))
            {
                break;
            }

            var (kind, bytes) = character switch
            {
                (byte)',' or (byte)'.' or (byte)'\'' => (character, 1),
                0xE2 when text[at..].StartsWith(Apostrophe) => ((byte)'\'', 3),
                _ => ((byte)' ', CellText.BlankLength(text[at..])),
            };
            if (bytes == 0)
            {
                // An exponent, as programs write it, has no groups and no marks.
                return groups == 0 && !isCommaDecimal && TryExponent(text, out number);
            }

            if (group == 0 || (groups > 0 && (kind != separator || group is < 2 or > 3)) || (groups == 0 && group > 3))
            {
                return false;
            }

            (separator, group, groups, at) = (kind, 0, groups + 1, at + bytes);
        }

        if (groups > 0 && group != 3)
        {
            return false;
        }

        if (at < text.Length)
        {
            plain[length++] = (byte)'.';
            foreach (var character in text[(at + 1)..])
            {
                if (!char.IsAsciiDigit((char)character))
                {
                    return groups == 0 && !isCommaDecimal && TryExponent(text, out number);
                }

                if (length > DigitsMax)
                {
                    // Further decimals than any currency has, and than a double holds.
                    break;
                }

                plain[length++] = character;
            }
        }

        return decimal.TryParse(plain[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryExponent(ReadOnlySpan<byte> text, out decimal number) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    /// <summary>U+2212.</summary>
    private static ReadOnlySpan<byte> Minus => [0xE2, 0x88, 0x92];

    /// <summary>U+2019, which groups digits in Switzerland.</summary>
    private static ReadOnlySpan<byte> Apostrophe => [0xE2, 0x80, 0x99];
}
