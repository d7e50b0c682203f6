using System.Numerics;
using CsCheck;
using StreamScoring.Features;

namespace StreamScoring.Tests.Features;

public sealed class Int256Tests
{
    private static readonly BigInteger Modulus = BigInteger.One << 256;

    /// <summary>Of any length, with the extremes of each.</summary>
    private static readonly Gen<BigInteger> Numbers =
        Gen.Select(Gen.ULong.Array[4], Gen.Int[0, 255], Gen.Int[-1, 1], Gen.Bool).Select((words, bits, near, isPower) =>
            (isPower ? (BigInteger.One << bits) + near : words.Aggregate(BigInteger.Zero, (number, word) => (number << 64) + word) >> (255 - bits)) % Modulus);

    [Fact]
    public void It_calculates_as_whole_numbers_do_modulo_its_range() =>
        Gen.Select(Numbers, Numbers).Sample((left, right) =>
        {
            Assert.Equal(Mod(left + right), Of(Of(left) + Of(right)));
            Assert.Equal(Mod(left - right), Of(Of(left) - Of(right)));
            Assert.Equal(Mod(left * right), Of(Of(left) * Of(right)));
        }, iter: 20_000);

    [Fact]
    public void It_is_rounded_once_to_the_nearest_double() =>
        Numbers.Sample(number =>
        {
            var signed = number >= Modulus / 2 ? number - Modulus : number;
            Assert.Equal(double.Parse(signed.ToString(), System.Globalization.CultureInfo.InvariantCulture), (double)Of(number));
        }, iter: 20_000);

    private static BigInteger Mod(BigInteger number) => ((number % Modulus) + Modulus) % Modulus;

    private static Int256 Of(BigInteger number) => new((UInt128)(Mod(number) >> 128), (UInt128)(Mod(number) & UInt128.MaxValue));

    private static BigInteger Of(Int256 number) => ((BigInteger)number.High << 128) + number.Low;
}
