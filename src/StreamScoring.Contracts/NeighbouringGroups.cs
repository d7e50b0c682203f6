using System.Buffers.Text;

namespace StreamScoring.Contracts;

/// <summary>
/// A card number taken apart into neighbouring attributes. Attributes are short numbers often, so
/// only groups count in which cards are printed or stored: fours and multiples of four, 4-6-5,
/// 4-6-4, 6-10, 6-6-4. Every value costs the same; nothing is allocated.
/// </summary>
public struct NeighbouringGroups
{
    private const int LengthMin = 3, LengthMax = 12, CountMax = 4;

    /// <summary>The last groups, newest first. A length of 0: there is none.</summary>
    private (ulong Value, int Length) _first, _second, _third;

    public void Clear() => (_first, _second, _third) = (default, default, default);

    /// <summary>Takes the next value.</summary>
    /// <returns>True where it completes a card number with those right before it.</returns>
    public bool Add(ReadOnlySpan<byte> value)
    {
        if (value.Length is < LengthMin or > LengthMax || !Utf8Parser.TryParse(value, out ulong number, out var parsed)
            || parsed != value.Length)
        {
            Clear();
            return false;
        }

        var newest = (Value: number, value.Length);
        var found = Completes(newest);
        (_third, _second, _first) = (_second, _first, newest);
        return found;
    }

    /// <summary>Takes a number that came in binary, if it is whole.</summary>
    /// <inheritdoc cref="Add(ReadOnlySpan{byte})"/>
    public bool Add(double value)
    {
        Span<byte> digits = stackalloc byte[20];
        var isWhole = value is >= 0 and < 1e12 && value == Math.Truncate(value);
        return Add(isWhole && Utf8Formatter.TryFormat((ulong)value, digits, out var written) ? digits[..written] : []);
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{byte})"/>
    public bool Add(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Span<byte> digits = stackalloc byte[LengthMax];
        return Add(value.Length <= LengthMax && System.Text.Encoding.UTF8.TryGetBytes(value, digits, out var written)
            ? digits[..written]
            : []);
    }

    private readonly bool Completes((ulong Value, int Length) newest)
    {
        var (joined, length, scale, lengths) = (newest.Value, newest.Length, Power(newest.Length), newest.Length);
        for (var count = 2; count <= CountMax; count++)
        {
            var before = count == 2 ? _first : count == 3 ? _second : _third;
            length += before.Length;
            if (before.Length == 0 || length > 16)
            {
                return false;
            }

            joined += before.Value * scale;
            scale *= Power(before.Length);
            // The groups' lengths, a hexadecimal digit each, the last group lowest.
            lengths |= before.Length << (4 * (count - 1));
            if (AreWritten(lengths) && CardNumber.IsIn(joined)
                && (lengths is 0x4444 or 0x465 or 0x464 || CardNetworks.IsLarge(First4(joined), length)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool AreWritten(int lengths) =>
        lengths is 0x4444 or 0x448 or 0x484 or 0x844 or 0x88 or 0x4c or 0xc4 or 0x465 or 0x464 or 0x6a or 0x664;

    private static int First4(ulong number)
    {
        while (number >= 10_000)
        {
            number /= 10;
        }

        return (int)number;
    }

    private static ulong Power(int exponent)
    {
        var power = 1UL;
        for (; exponent > 0; exponent--)
        {
            power *= 10;
        }

        return power;
    }
}
