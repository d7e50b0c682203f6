namespace StreamScoring.Contracts;

/// <summary>Addresses whose groups look as those of a card number do.</summary>
internal static class NetworkAddress
{
    private const int GroupsOfIpv6 = 8, LengthMax = 39;

    /// <summary>
    /// Whether all of a text is an IPv6 address (RFC 4291): eight groups of hexadecimal digits, or
    /// fewer with ::. One of decimal digits alone counts only if it begins as addresses do that are
    /// given out, with 2 or 3.
    /// </summary>
    public static bool IsIpv6(ReadOnlySpan<byte> text)
    {
        if (text.Length is 0 or > LengthMax)
        {
            return false;
        }

        var (groups, digits, hasLetter, isShortened) = (0, 0, false, false);
        for (var at = 0; at < text.Length; at++)
        {
            if (char.IsAsciiHexDigit((char)text[at]))
            {
                hasLetter |= char.IsAsciiLetter((char)text[at]);
                groups += digits == 0 ? 1 : 0;
                if (++digits > 4)
                {
                    return false;
                }
            }
            else if (text[at] != (byte)':' || (digits == 0 && (isShortened || (at > 0 && text[at - 1] != (byte)':'))))
            {
                return false;
            }
            else
            {
                isShortened |= digits == 0 && at > 0;
                digits = 0;
            }
        }

        return (isShortened ? groups < GroupsOfIpv6 : groups == GroupsOfIpv6 && digits > 0)
            && (hasLetter || text[0] is (byte)'2' or (byte)'3');
    }
}
