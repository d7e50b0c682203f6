using System.Globalization;
using System.Text;
using CsCheck;
using StreamScoring.Contracts;
using StreamScoring.Mapping;

namespace StreamScoring.Tests.Mapping;

public sealed class AmountReadingTests
{
    [Theory]
    [InlineData("12.34", "EUR", 1234)]
    [InlineData("$134.09", "USD", 13_409)]
    [InlineData("$ 134.09", "USD", 13_409)]
    [InlineData("134.09 USD", "USD", 13_409)]
    [InlineData("USD134.09", "USD", 13_409)]
    [InlineData("US$1,234.50", "USD", 123_450)]
    [InlineData("€12", "EUR", 1200)]
    [InlineData("12,345,678.9", "EUR", 1_234_567_890)]
    [InlineData("1,23,456.00", "INR", 12_345_600)]
    [InlineData("1'234.50", "CHF", 123_450)]
    [InlineData("1’234.50", "CHF", 123_450)]
    [InlineData("Fr. 12.05", "CHF", 1205)]
    [InlineData("12.50 kr.", "SEK", 1250)]
    [InlineData("1 234.50", "PLN", 123_450)]
    [InlineData("1\u00a0234.50 zł", "PLN", 123_450)]
    [InlineData("  +5.10 ", "EUR", 510)]
    [InlineData("1.5e3", "EUR", 150_000)]
    [InlineData("500", "JPY", 500)]
    [InlineData("1.234", "KWD", 1234)]
    [InlineData("-0.00", "EUR", 0)]
    [InlineData("75.870", "USD", 7587)]
    [InlineData("92233720368547758.07", "EUR", long.MaxValue)]
    public void A_major_amount_is_read_as_people_write_it(string text, string currency, long minor)
    {
        Assert.Equal(MapReason.None, Read(new AmountReading(IsMajor: true), text, currency, out var read));
        Assert.Equal(minor, read);
    }

    [Theory]
    [InlineData("12,34", 1234)]
    [InlineData("1.234,50", 123_450)]
    [InlineData("1 234,5 €", 123_450)]
    [InlineData("1.234.567", 123_456_700)]
    [InlineData("-", null)]
    [InlineData("1.5", null)]
    [InlineData("12.34", null)]
    [InlineData("1,234.50", null)]
    public void With_a_decimal_comma_the_point_groups_digits(string text, int? minor)
    {
        var reason = Read(new AmountReading(IsMajor: true, IsCommaDecimal: true), text, "EUR", out var read);
        Assert.Equal(minor, reason == MapReason.None ? (int)read : null);
    }

    [Theory]
    [InlineData("", MapReason.NoNumber)]
    [InlineData("$", MapReason.NoNumber)]
    [InlineData("abc", MapReason.NoNumber)]
    [InlineData("5k", MapReason.NoNumber)]
    [InlineData("12%", MapReason.NoNumber)]
    [InlineData("1,5", MapReason.NoNumber)]
    [InlineData("1,2345", MapReason.NoNumber)]
    [InlineData("1234,567", MapReason.NoNumber)]
    [InlineData("1,234 567", MapReason.NoNumber)]
    [InlineData("1.2.3", MapReason.NoNumber)]
    [InlineData("--5", MapReason.NoNumber)]
    [InlineData("-(5)", MapReason.NoNumber)]
    [InlineData("0x10", MapReason.NoNumber)]
    [InlineData("NaN", MapReason.NoNumber)]
    [InlineData("1.005", MapReason.Fraction)]
    [InlineData("5 USD", MapReason.OtherCurrency)]
    [InlineData("92233720368547758.08", MapReason.TooLarge)]
    [InlineData("1e27", MapReason.TooLarge)]
    public void Anything_else_is_no_guess_of_ours(string text, MapReason reason) => Assert.Equal(reason, Read(new AmountReading(IsMajor: true), text, "EUR", out _));

    [Theory]
    [InlineData("-99.00")]
    [InlineData("$-99.00")]
    [InlineData("-$99.00")]
    [InlineData("$99.00-")]
    [InlineData("($99.00)")]
    [InlineData("\u221299.00")]
    public void A_negative_amount_is_refused_skipped_or_taken_without_its_sign(string text)
    {
        Assert.Equal(MapReason.Negative, Read(new AmountReading(IsMajor: true), text, "USD", out _));
        Assert.Equal(MapReason.Skipped, Read(new AmountReading(IsMajor: true, Refund: RefundRule.Skip), text, "USD", out _));
        Assert.Equal(MapReason.None, Read(new AmountReading(IsMajor: true, Refund: RefundRule.Absolute), text, "USD", out var minor));
        Assert.Equal(9900, minor);
    }

    [Theory]
    [InlineData("75.885", RoundingRule.HalfEven, 7588)]
    [InlineData("75.875", RoundingRule.HalfEven, 7588)]
    [InlineData("75.885", RoundingRule.HalfUp, 7589)]
    [InlineData("75.889", RoundingRule.Down, 7588)]
    [InlineData("3.1538639999999996", RoundingRule.HalfEven, 315)]
    public void Further_decimals_are_rounded_by_the_rule(string text, RoundingRule rounding, long minor)
    {
        Assert.Equal(MapReason.None, Read(new AmountReading(IsMajor: true, Rounding: rounding), text, "USD", out var read));
        Assert.Equal(minor, read);
    }

    [Fact]
    public void An_amount_that_the_framework_writes_is_read_as_it_was() =>
        Gen.Select(Gen.Long[0, 1_000_000_000_000], Gen.Bool, Gen.Bool).Sample((minor, isGerman, isGrouped) =>
        {
            var culture = isGerman ? new NumberFormatInfo { NumberDecimalSeparator = ",", NumberGroupSeparator = "." } : NumberFormatInfo.InvariantInfo;
            var text = (minor / 100m).ToString(isGrouped ? "N2" : "F2", culture);
            return Read(new AmountReading(IsMajor: true, IsCommaDecimal: isGerman), text, "EUR", out var read) == MapReason.None && read == minor;
        });

    [Fact]
    public void Numeric_codes_and_small_letters_are_the_currency_too()
    {
        foreach (var (written, code) in new[] { ("978", "EUR"), ("36", "AUD"), ("036", "AUD"), ("840", "USD"), ("usd", "USD"), ("Gbp", "GBP"), ("392", "JPY"), ("532", "XCG"), ("927", "UYW") })
        {
            Assert.True(CurrencyTable.TryFindWritten(Encoding.UTF8.GetBytes(written), out var index), written);
            Assert.Equal(code, CurrencyTable.CodeOf(index));
        }

        foreach (var wrong in new[] { "", "0", "999", "1000", "US", "USDX", "U1D", "-36", "é" })
        {
            Assert.False(CurrencyTable.TryFindWritten(Encoding.UTF8.GetBytes(wrong), out _), wrong);
        }

        Assert.All(CurrencyTable.Codes, code =>
        {
            Assert.True(CurrencyTable.TryFindWritten(Encoding.UTF8.GetBytes(code.ToLowerInvariant()), out var index));
            Assert.Equal(code, CurrencyTable.CodeOf(index));
        });
    }

    private static MapReason Read(AmountReading reading, string text, string currency, out long minor)
    {
        Assert.True(CurrencyTable.TryFind(Encoding.UTF8.GetBytes(currency), out var index));
        return reading.Read(Encoding.UTF8.GetBytes(text), index, out minor);
    }
}
