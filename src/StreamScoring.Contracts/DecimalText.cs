using System.Buffers.Text;

namespace StreamScoring.Contracts;

/// <summary>
/// Card numbers in texts that are numbers with decimals or an exponent, as programs and
/// spreadsheets write them. Measurements have as many decimals as cards have digits, so those are
/// not looked at.
/// </summary>
internal static class DecimalText
{
    /// <summary>
    /// Spreadsheets keep 15 digits: longer numbers have lost some, and then their check digit says
    /// nothing.
    /// </summary>
    private const int RoundedLengthMin = 16;

    /// <summary>
    /// Twelve digits of a card's sixteen may be shown; a number that is rounded to so few says no
    /// more than that.
    /// </summary>
    private const int SignificantMin = 13;

    /// <summary>
    /// Whether all of a text is a number with decimals or an exponent. Digits around an E, with
    /// neither point nor sign, are hexadecimal.
    /// </summary>
    public static bool IsAll(ReadOnlySpan<byte> text)
    {
        var start = text is [(byte)'-' or (byte)'+', ..] ? 1 : 0;
        var at = SkipDigits(text, start);
        if (at == start || at == text.Length)
        {
            return false;
        }

        var hasPoint = text[at] == (byte)'.';
        if (hasPoint)
        {
            var decimals = at + 1;
            at = SkipDigits(text, decimals);
            if (at == decimals)
            {
                return false;
            }
        }

        return at == text.Length || ((text[at] | 0x20) == 'e' && (hasPoint || IsSigned(text, at)) && ExponentEnd(text, at) == text.Length);
    }

    /// <summary>
    /// Whether a number holds a card number: in its whole part, or with its exponent worked out.
    /// Where that leaves zeros at the end, the digits there are lost, and the length and the
    /// network's prefix decide.
    /// </summary>
    /// <param name="number">With decimals or an exponent.</param>
    public static bool HoldsCardNumber(ReadOnlySpan<byte> number, bool isThorough, ref int steps)
    {
        steps += number.Length;
        number = number is [(byte)'-' or (byte)'+', ..] ? number[1..] : number;
        var wholeEnd = SkipDigits(number, 0);
        if (wholeEnd >= CardNetworks.DigitsMin && CardNumber.HasDigits(number[..wholeEnd], isThorough, ref steps))
        {
            return true;
        }

        // The value is 0.d1 d2 d3 … times ten to the power of the length.
        Span<byte> digits = stackalloc byte[CardNetworks.DigitsMax];
        digits.Fill((byte)'0');
        var (count, significant, length, isBehindPoint, at) = (0, 0, 0, false, 0);
        for (; at < number.Length && (number[at] | 0x20) != 'e'; at++)
        {
            // In half of Europe the point is a comma.
            if (number[at] is (byte)'.' or (byte)',')
            {
                isBehindPoint = true;
                continue;
            }

            var isLeadingZero = count == 0 && number[at] == (byte)'0';
            length += isBehindPoint ? (isLeadingZero ? -1 : 0) : (isLeadingZero ? 0 : 1);
            if (!isLeadingZero)
            {
                if (count < digits.Length)
                {
                    digits[count] = number[at];
                }

                significant = number[at] == (byte)'0' ? significant : count + 1;
                count++;
            }
        }

        if (at < number.Length)
        {
            var exponentText = number[(at + 1)..];
            exponentText = exponentText is [(byte)'+', ..] ? exponentText[1..] : exponentText;
            if (!Utf8Parser.TryParse(exponentText, out short exponent, out var parsed) || parsed != exponentText.Length)
            {
                return false;
            }

            length += exponent;
        }

        if (length is < CardNetworks.DigitsMin or > CardNetworks.DigitsMax)
        {
            return false;
        }

        var isRounded = length >= RoundedLengthMin && significant >= SignificantMin && significant < length;
        return (isRounded && CardNetworks.Issue(First4(digits), length)) || CardNumber.HasDigits(digits[..length], isThorough, ref steps);
    }

    /// <summary>
    /// Whether a number with an exponent stands in a text, and holds a card number.
    /// </summary>
    public static bool IsWithExponentIn(ReadOnlySpan<byte> text, bool isThorough, ref int steps)
    {
        for (var done = 0; done < text.Length;)
        {
            var found = text[done..].IndexOfAny((byte)'e', (byte)'E');
            if (found < 0)
            {
                return false;
            }

            var (e, start) = (done + found, done + found);
            var hasPoint = false;
            for (; start > done; start--)
            {
                var isPoint = text[start - 1] is (byte)'.' or (byte)',';
                if (isPoint ? hasPoint : !char.IsAsciiDigit((char)text[start - 1]))
                {
                    break;
                }

                hasPoint |= isPoint;
            }

            steps += e - start + 1;
            var end = ExponentEnd(text, e);
            var isToken = (start == 0 || !char.IsAsciiLetterOrDigit((char)text[start - 1]))
                && (end == text.Length || !char.IsAsciiLetterOrDigit((char)text[end]));
            if (e - start >= SignificantMin && (hasPoint || IsSigned(text, e)) && end > e && isToken
                && HoldsCardNumber(text[start..end], isThorough, ref steps))
            {
                return true;
            }

            done = e + 1;
        }

        return false;
    }

    private static int First4(ReadOnlySpan<byte> digits) =>
        ((digits[0] - '0') * 1000) + ((digits[1] - '0') * 100) + ((digits[2] - '0') * 10) + digits[3] - '0';

    private static int SkipDigits(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && char.IsAsciiDigit((char)text[at]))
        {
            at++;
        }

        return at;
    }

    /// <param name="e">Where the letter stands.</param>
    private static bool IsSigned(ReadOnlySpan<byte> text, int e) => e + 1 < text.Length && text[e + 1] is (byte)'-' or (byte)'+';

    /// <summary>No number that is meant has an exponent of more than four digits.</summary>
    private const int ExponentDigitsMax = 4;

    /// <param name="e">Where the letter stands.</param>
    /// <returns>Behind the exponent's last digit; 0 where there is none.</returns>
    private static int ExponentEnd(ReadOnlySpan<byte> text, int e)
    {
        var start = IsSigned(text, e) ? e + 2 : e + 1;
        var end = start;
        while (end < text.Length && end - start <= ExponentDigitsMax && char.IsAsciiDigit((char)text[end]))
        {
            end++;
        }

        return end > start && end - start <= ExponentDigitsMax ? end : 0;
    }
}
