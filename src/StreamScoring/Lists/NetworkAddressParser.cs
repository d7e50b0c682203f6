using System.Buffers.Text;

namespace StreamScoring.Lists;

/// <summary>
/// Reads addresses without allocating. An IPv4 address is that of IPv6 it is mapped to (RFC 4291,
/// 2.5.5.2), so that both are of one kind.
/// </summary>
internal static class NetworkAddressParser
{
    private const int BitsV6 = 128, BitsV4 = 32;

    private static UInt128 MappedV4 => new(0, 0xFFFF_0000_0000);

    /// <summary>The address's first so many bits, the others 0.</summary>
    public static UInt128 Masked(UInt128 address, byte length) => length == 0 ? UInt128.Zero : address & (UInt128.MaxValue << (BitsV6 - length));

    /// <param name="text">An address, or one with a length of prefix behind a slash.</param>
    /// <param name="length">Of the prefix, bits of 128.</param>
    public static bool TryParseNetwork(ReadOnlySpan<byte> text, out UInt128 address, out byte length)
    {
        length = BitsV6;
        var slash = text.IndexOf((byte)'/');
        if (!TryParse(slash < 0 ? text : text[..slash], out address))
        {
            return false;
        }

        if (slash < 0)
        {
            return true;
        }

        var isV4 = text[..slash].IndexOf((byte)':') < 0;
        var digits = text[(slash + 1)..];
        if (!Utf8Parser.TryParse(digits, out byte bits, out var used) || used != digits.Length || bits > (isV4 ? BitsV4 : BitsV6))
        {
            return false;
        }

        length = (byte)(isV4 ? bits + BitsV6 - BitsV4 : bits);
        return true;
    }

    /// <param name="text">Dotted IPv4, or IPv6 (RFC 4291, 2.2).</param>
    public static bool TryParse(ReadOnlySpan<byte> text, out UInt128 address)
    {
        if (text.IndexOf((byte)':') < 0)
        {
            var isV4 = TryParseV4(text, out var number);
            address = MappedV4 | number;
            return isV4;
        }

        return TryParseV6(text, out address);
    }

    private static bool TryParseV4(ReadOnlySpan<byte> text, out uint number)
    {
        number = 0;
        for (var part = 0; part < 4; part++)
        {
            // No sign, and no 0 before other digits: some take that for octal.
            if (text.IsEmpty || !char.IsAsciiDigit((char)text[0]) || !Utf8Parser.TryParse(text, out byte value, out var used) || (text[0] == (byte)'0' && used > 1))
            {
                return false;
            }

            number = (number << 8) | value;
            text = text[used..];
            if (part < 3)
            {
                if (text.IsEmpty || text[0] != (byte)'.')
                {
                    return false;
                }

                text = text[1..];
            }
        }

        return text.IsEmpty;
    }

    private static bool TryParseV6(ReadOnlySpan<byte> text, out UInt128 address)
    {
        var gap = text.IndexOf("::"u8);
        if (gap < 0)
        {
            return TryParseGroups(text, mayEndInV4: true, out address, out var count) && count == 8;
        }

        var isWhole = TryParseGroups(text[..gap], mayEndInV4: false, out var head, out var headCount) & TryParseGroups(text[(gap + 2)..], mayEndInV4: true, out var tail, out var tailCount);
        address = headCount == 0 ? tail : (head << (16 * (8 - headCount))) | tail;
        return isWhole && headCount + tailCount < 8;
    }

    /// <summary>Groups of hexadecimal digits between colons; the last two may be an IPv4 address.
    /// </summary>
    private static bool TryParseGroups(ReadOnlySpan<byte> text, bool mayEndInV4, out UInt128 groups, out int count)
    {
        (groups, count) = (UInt128.Zero, 0);
        while (!text.IsEmpty)
        {
            var colon = text.IndexOf((byte)':');
            var group = colon < 0 ? text : text[..colon];
            if (colon < 0 && mayEndInV4 && TryParseV4(group, out var v4))
            {
                (groups, count) = ((groups << 32) | v4, count + 2);
                return count <= 8;
            }

            if (group.IsEmpty || group.Length > 4 || count == 8 || !Utf8Parser.TryParse(group, out uint value, out var used, 'x') || used != group.Length)
            {
                return false;
            }

            (groups, count) = ((groups << 16) | value, count + 1);
            if (colon < 0)
            {
                return true;
            }

            text = text[(colon + 1)..];
            if (text.IsEmpty)
            {
                return false;
            }
        }

        return true;
    }
}
