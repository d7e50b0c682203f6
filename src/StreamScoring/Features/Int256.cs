namespace StreamScoring.Features;

/// <summary>
/// A signed whole number of 256 bits, two's complement: for totals, and for what a variance is told
/// from. The widest that is ever asked for is n Σx² of a key: with |x| &lt; 2^53 and n &lt; 2^63
/// payments it is below 2^(63 + 63 + 106) = 2^232.
/// </summary>
internal readonly record struct Int256(UInt128 High, UInt128 Low)
{
    private const int WordBits = 64, HalfBits = 128;

    public static implicit operator Int256(Int128 value) => new(unchecked((UInt128)(value >> (HalfBits - 1))), unchecked((UInt128)value));

    public static Int256 operator +(Int256 left, Int256 right)
    {
        var low = unchecked(left.Low + right.Low);
        return new Int256(unchecked(left.High + right.High + (low < left.Low ? UInt128.One : UInt128.Zero)), low);
    }

    public static Int256 operator -(Int256 left, Int256 right) =>
        new(unchecked(left.High - right.High - (left.Low < right.Low ? UInt128.One : UInt128.Zero)), unchecked(left.Low - right.Low));

    /// <returns>The product modulo 2^256.</returns>
    public static Int256 operator *(Int256 left, Int256 right)
    {
        var product = Multiply(left.Low, right.Low);
        return product with { High = unchecked(product.High + (left.High * right.Low) + (left.Low * right.High)) };
    }

    /// <summary>To the nearest double.</summary>
    public static explicit operator double(Int256 value) =>
        value.High >> (HalfBits - 1) == UInt128.Zero ? MagnitudeOf(value) : -MagnitudeOf(default(Int256) - value);

    private static double MagnitudeOf(Int256 value)
    {
        if (value.High == UInt128.Zero)
        {
            return (double)value.Low;
        }

        // All bits that a double holds, and one that says whether any was left out: so it is
        // rounded once.
        var shift = HalfBits - (int)UInt128.LeadingZeroCount(value.High);
        var top = shift == HalfBits ? value.High : (value.High << (HalfBits - shift)) | (value.Low >> shift);
        var isCut = (value.Low << (HalfBits - shift)) != UInt128.Zero;
        return Math.ScaleB((double)(top | (isCut ? UInt128.One : UInt128.Zero)), shift);
    }

    private static Int256 Multiply(UInt128 left, UInt128 right)
    {
        var (leftHigh, leftLow) = ((ulong)(left >> WordBits), (ulong)left);
        var (rightHigh, rightLow) = ((ulong)(right >> WordBits), (ulong)right);
        var low = (UInt128)leftLow * rightLow;
        var middle = ((UInt128)leftHigh * rightLow) + (ulong)(low >> WordBits);
        var other = ((UInt128)leftLow * rightHigh) + (ulong)middle;
        return new Int256(
            ((UInt128)leftHigh * rightHigh) + (ulong)(middle >> WordBits) + (ulong)(other >> WordBits), (other << WordBits) | (ulong)low);
    }
}
