using System.Text;
using CsCheck;
using StreamScoring.Contracts;
using StreamScoring.TestSupport;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Contracts;

public sealed class CardNumberTests
{
    [Theory]
    [InlineData("4111111111111111")]
    [InlineData("378282246310005")]
    [InlineData("5555555555554444")]
    [InlineData("6011111111111117")]
    [InlineData("3530111333300000")]
    [InlineData("30569309025904")]
    [InlineData("4222222222222")]
    [InlineData("4111 1111 1111 1111")]
    [InlineData("4111-1111-1111-1111")]
    [InlineData("3782 822463 10005")]
    [InlineData("4111.1111.1111.1111")]
    [InlineData("4111_1111_1111_1111")]
    [InlineData("4111/1111/1111/1111")]
    [InlineData("4111  1111  1111  1111")]
    [InlineData("4111 - 1111 - 1111 - 1111")]
    [InlineData("4111\t1111\t1111\t1111")]
    [InlineData("4111\u00a01111\u00a01111\u00a01111")]
    [InlineData("4111\u20131111\u20131111\u20131111")]
    [InlineData("411111-1111111111")]
    [InlineData("4539:5787:6362:1486")]
    [InlineData("4539:5787:6362:1486::")]
    [InlineData("4539:5787:6362:1486:0000:0000:0000:0000")]
    [InlineData("a:4539:5787:6362:1486")]
    [InlineData("2001:db8::4539::5787:6362:1486")]
    [InlineData("2001:db8::4539:5787:6362:1486, 4539 5787 6362 1486")]
    [InlineData("41111111-11111111")]
    [InlineData("paid with 4111111111111111, thanks")]
    [InlineData("card4111111111111111")]
    [InlineData("2026-11-24 4111111111111111")]
    [InlineData("{\"note\":\"4111111111111111\"}")]
    public void A_card_number_is_found_wherever_it_stands(string text) => Assert.True(CardNumber.IsIn(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("4111111111111112", "a wrong check digit")]
    [InlineData("9999999999999995", "no network's prefix")]
    [InlineData("1234567890123452", "no network's prefix")]
    [InlineData("411111111111", "twelve digits")]
    [InlineData("12345678901234567890123456", "a run of more than nineteen digits")]
    [InlineData("4999999999999999996", "nineteen digits, and no network issues so many under 4")]
    [InlineData("ES9121000418450200051332", "an IBAN")]
    [InlineData("DE89 3704 0044 0532 0130 00", "an IBAN as it is printed")]
    [InlineData("1795899326680453123", "nanoseconds")]
    [InlineData("2026-11-28T10:11:12.123456Z", "a time")]
    [InlineData("a94111111111111111b0c1d2e3f4a5b6", "a hash in hexadecimal")]
    [InlineData("41111111-1111-4111-8111-111111111111", "a UUID")]
    [InlineData("id-41111111-1111-4111-8111-111111111111", "a UUID behind a prefix")]
    [InlineData("4.111111111111111", "a number with decimals")]
    [InlineData("41111111.11111111", "a number with decimals")]
    [InlineData("0af7651916cd43dd-41111111-11111111b7ad", "part of a longer token")]
    [InlineData("192.168.100.200", "an address")]
    [InlineData("2001:0db8:4539:5787:6362:1486:0000:0001", "an address of eight groups")]
    [InlineData("2001:db8::4539:5787:6362:1486", "an address with zeros left out")]
    [InlineData("4539:5787:6362:1486:a:b:c:d", "an address of eight groups")]
    [InlineData("2400:4539:5787:6362:1486::", "an address of decimal digits")]
    [InlineData("", "nothing")]
    public void What_only_looks_like_one_is_left_alone(string text, string because) =>
        Assert.False(CardNumber.IsIn(Encoding.UTF8.GetBytes(text)), because);

    [Fact]
    public void A_mask_leaves_no_card_number_and_nothing_else_changes() =>
        Assert.Equal(
            "a **************** b *************** c 1234567890123452 d", CardNumber.Mask("a 4111111111111111 b 378282246310005 c 1234567890123452 d"));

    public static TheoryData<string, string> Disguises
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (name, text) in CardNumberDisguises.All())
            {
                data.Add(name, text);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Disguises))]
    public void A_card_number_is_found_in_disguise_and_masked(string name, string text)
    {
        Assert.True(CardNumber.IsIn(Encoding.UTF8.GetBytes(text)), name);
        Assert.True(CardNumber.IsIn(text), name);
        Assert.True(CardNumber.MayBeIn(Encoding.UTF8.GetBytes(text)), name);
        var masked = CardNumber.Mask($"note is {text}; expected");
        Assert.False(CardNumber.MayBeIn(Encoding.UTF8.GetBytes(masked)), masked);
        Assert.StartsWith("note is ", masked, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4111111111111111L)]
    [InlineData(-4111111111111111L)]
    [InlineData(6221260000000000001L)]
    [InlineData(411111111111111100L)]
    public void A_card_number_is_found_in_an_integer_and_in_the_double_that_it_is_rounded_to(long number)
    {
        Assert.True(CardNumber.IsIn(number));
        Assert.True(CardNumber.IsIn((double)number) || number == 411111111111111100L);
        var bytes = BitConverter.GetBytes(number);
        Assert.True(CardNumber.IsInBytes(bytes));
        Array.Reverse(bytes);
        Assert.True(CardNumber.IsInBytes(bytes));
    }

    [Theory]
    [InlineData("4539578763621486", true)]
    [InlineData("-4539578763621486", true)]
    [InlineData("4539578763621486.0", true)]
    [InlineData("4.539578763621486e15", true)]
    [InlineData("45395787636214860E-1", true)]
    [InlineData("6.221260000000000001e+18", true)]
    [InlineData("0.4539578763621486", false)]
    [InlineData("52.378282246310005", false)]
    [InlineData("1.5e3", false)]
    [InlineData("1e999", false)]
    [InlineData("4999999999999999996", false)]
    public void Of_a_number_the_whole_part_counts_and_the_exponent(string written, bool holds) =>
        Assert.Equal(holds, CardNumber.IsInNumber(Encoding.UTF8.GetBytes(written)));

    [Theory]
    [InlineData("4.539578763621486E+15", true)]
    [InlineData("3.78282246310005E+14", true)]
    [InlineData("-4.539578763621486e15", true)]
    [InlineData("4539578763621486.7", true)]
    [InlineData("4539578763621486.0", true)]
    [InlineData("4.53957876362149E+15", true)]
    [InlineData("4.5395787636215e15", true)]
    [InlineData("4.539578763621e+15", true)]
    [InlineData("5.55555555555544E15", true)]
    [InlineData("4539578763621490.0", true)]
    [InlineData("6.2212600000001E+18", true)]
    [InlineData("4.53957876362E+15", false)]
    [InlineData("4.54E15", false)]
    [InlineData("9.53957876362149E+15", false)]
    [InlineData("4.53957876362149E+14", false)]
    [InlineData("4.539578763621487E+15", false)]
    [InlineData("4539578763621500", false)]
    [InlineData("4539578763621490.25", false)]
    [InlineData("0.4539578763621486", false)]
    [InlineData("-12.4539578763621486", false)]
    [InlineData("4.539578763621486E-05", false)]
    [InlineData("1.0E+99999", false)]
    public void A_text_that_is_a_number_is_looked_at_as_numbers_are(string text, bool holds)
    {
        Assert.Equal(holds, CardNumber.IsIn(text));
        Assert.Equal(holds, CardNumber.IsIn(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(holds, CardNumber.IsInNumber(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(holds, CardNumber.IsInBytes(Encoding.UTF8.GetBytes(text)));
        Assert.True(!holds || CardNumber.MayBeIn(Encoding.UTF8.GetBytes(text)));
    }

    [Theory]
    [InlineData(4.53957876362149E+15, true)]
    [InlineData(4.5395787636215e15, true)]
    [InlineData(-4539578763621486.7, true)]
    [InlineData(4539578763621486.25, true)]
    [InlineData((double)4539578763621486f, true)]
    [InlineData((double)5555555555554444f, true)]
    [InlineData((double)378282246310005f, true)]
    [InlineData(4e15, false)]
    [InlineData(4.5e15, false)]
    [InlineData(4539578763621489.0, false)]
    [InlineData(9.53957876362149E+15, false)]
    [InlineData(1.76438035149e15, false)]
    public void Of_a_double_that_was_rounded_length_and_prefix_decide(double number, bool holds) => Assert.Equal(holds, CardNumber.IsIn(number));

    [Theory]
    [InlineData("453957876362148613/27")]
    [InlineData("453957876362148612/19")]
    [InlineData("453957876362148612/271")]
    [InlineData("4539 5787 6362 148613/27")]
    [InlineData("453957876362148712/27")]
    public void What_stands_behind_it_must_be_an_expiry_date(string text) => Assert.False(CardNumber.IsIn(text));

    [Theory]
    [InlineData(true, "4539", "5787", "6362", "1486")]
    [InlineData(true, "7", "x", "4539", "5787", "6362", "1486", "7")]
    [InlineData(true, "123", "4539", "5787", "6362", "1486")]
    [InlineData(true, "4539", "5787", "63621486")]
    [InlineData(true, "45395787", "63621486")]
    [InlineData(true, "453957", "8763621486")]
    [InlineData(true, "453957", "876362", "1486")]
    [InlineData(true, "4539", "578763621486")]
    [InlineData(true, "3782", "822463", "10005")]
    [InlineData(true, "6011", "1111", "1111", "1117")]
    [InlineData(false, "4539", "x", "5787", "6362", "1486")]
    [InlineData(false, "4539", "5787", "6362", "1487")]
    [InlineData(false, "4539", "5787", "6326", "1486")]
    [InlineData(false, "4", "5", "3", "9", "5", "7", "8", "7", "6", "3", "6", "2", "1", "4", "8", "6")]
    [InlineData(false, "45395", "7876362", "1486")]
    [InlineData(false, "4539", "5787", "6362", "", "1486")]
    public void A_card_number_in_neighbouring_attributes_is_found_where_cards_are_grouped_so(bool holds, params string[] values)
    {
        Assert.Equal(holds, Find(text => text));
        Assert.Equal(holds, Find(text => long.TryParse(text, out var number) ? (object)(double)number : text));

        bool Find(Func<string, object> valueOf) => CardNumberFields.Find(
            SamplePayment.Full with { Attributes = values.Select((text, i) => KeyValuePair.Create($"a{i}", valueOf(text))).ToDictionary() }, new HashSet<string>()) is not null;
    }

    [Fact]
    public void An_attribute_is_exempted_by_its_name_and_parts_a_number_that_is_spread_over_its_neighbours()
    {
        var payment = SamplePayment.Full with { Attributes = new Dictionary<string, object> { ["key"] = "4111111111111111" } };
        Assert.Equal("attributes", CardNumberFields.Find(payment, new HashSet<string>()));
        Assert.Equal("attributes", CardNumberFields.Find(payment, new HashSet<string> { "attributes.other", "key" }));
        Assert.Null(CardNumberFields.Find(payment, new HashSet<string> { "attributes.key" }));
        var spread = SamplePayment.Full with { Attributes = new Dictionary<string, object> { ["a"] = "6011", ["b"] = "1111", ["c"] = "1111", ["d"] = "1117" } };
        Assert.Equal("attributes", CardNumberFields.Find(spread, new HashSet<string>()));
        Assert.Null(CardNumberFields.Find(spread, new HashSet<string> { "attributes.b" }));
        Assert.Equal([true, true, false, false], new[] { "attributes.key", "card_id", "attributes.", "key" }.Select(CardNumberFields.IsName));
    }

    [Fact]
    public void Few_payments_with_short_numbers_as_attributes_are_taken_for_card_numbers()
    {
        var random = new Random(5);
        const int Payments = 20_000;
        var found = 0;
        for (var i = 0; i < Payments; i++)
        {
            // Of one to eight digits, of every length as many.
            var attributes = Enumerable.Range(0, 10).ToDictionary(j => $"a{j}", _ => (object)Math.Floor(Math.Pow(10, 8 * random.NextDouble())));
            found += CardNumberFields.Find(SamplePayment.Full with { Attributes = attributes }, new HashSet<string>()) is null ? 0 : 1;
        }

        Assert.True(found <= 0.005 * Payments, $"{found} of {Payments}");
    }

    [Fact]
    public void Keys_and_headers_are_looked_at_as_bytes_of_any_form()
    {
        foreach (var encoding in new[] { Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32 })
        {
            Assert.True(CardNumber.IsInBytes(encoding.GetBytes(CardNumberDisguises.Number)));
        }

        Assert.True(CardNumber.IsInBytes(Convert.FromHexString(CardNumberDisguises.Number)));
        Assert.True(CardNumber.IsInBytes(Convert.FromHexString("00" + "378282246310005F" + "27")));
        Assert.False(CardNumber.IsInBytes("PAYBIPAY"u8));
        Assert.False(CardNumber.IsInBytes("customer-1"u8));
        Assert.All(Enumerable.Range(100_000, 1_000), i => Assert.False(CardNumber.IsInBytes(Encoding.ASCII.GetBytes($"C0{i}"))));
        Assert.False(CardNumber.IsInBytes([]));
    }

    /// <summary>
    /// What the rules cost: docs/decisions/0004 has the figures, and this holds them.
    /// </summary>
    [Theory]
    [InlineData(10, 0.0)]
    [InlineData(12, 0.0)]
    [InlineData(13, 0.025)]
    [InlineData(14, 0.02)]
    [InlineData(15, 0.015)]
    [InlineData(16, 0.05)]
    [InlineData(17, 0.015)]
    [InlineData(18, 0.007)]
    [InlineData(19, 0.006)]
    [InlineData(20, 0.006)]
    public void Few_random_whole_numbers_are_taken_for_card_numbers(int length, double rateMax)
    {
        var random = new Random(length);
        var digits = new byte[length];
        const int Numbers = 100_000;
        var found = 0;
        for (var i = 0; i < Numbers; i++)
        {
            for (var j = 0; j < length; j++)
            {
                digits[j] = (byte)('0' + random.Next(j == 0 ? 1 : 0, 10));
            }

            found += CardNumber.IsIn(digits) ? 1 : 0;
        }

        Assert.True(found <= rateMax * Numbers, $"{found} of {Numbers}");
    }

    [Fact]
    public void No_hash_and_no_uuid_is_taken_for_a_card_number()
    {
        var random = new Random(7);
        var bytes = new byte[64];
        var found = new Dictionary<string, int>();
        for (var i = 0; i < 100_000; i++)
        {
            random.NextBytes(bytes);
            foreach (var (name, text) in new[]
            {
                ("uuid", new Guid(bytes.AsSpan(0, 16)).ToString()), ("version 4", $"{Convert.ToHexStringLower(bytes.AsSpan(0, 4))}-{bytes[4]:x2}{bytes[5]:x2}-4{bytes[6]:x2}1-9{bytes[7]:x2}2-{Convert.ToHexStringLower(bytes.AsSpan(8, 6))}"),
                ("md5", Convert.ToHexStringLower(bytes.AsSpan(0, 16))), ("sha1", Convert.ToHexString(bytes.AsSpan(0, 20))), ("sha256", Convert.ToHexStringLower(bytes.AsSpan(0, 32))),
                ("sha512", Convert.ToHexStringLower(bytes)), ("base 64", Convert.ToBase64String(bytes.AsSpan(0, 32))), ("url base 64", System.Buffers.Text.Base64Url.EncodeToString(bytes.AsSpan(0, 16))),
                ("IPv6", $"2{Convert.ToHexStringLower(bytes.AsSpan(0, 16)).Chunk(4).Aggregate("", (text, group) => $"{text}:{new string(group)}")[2..]}"),
                ("decimals", BitConverter.ToUInt64(bytes) / 18446744073709551616.0 is var fraction ? $"{fraction:R}" : ""), ("decimals below", $"{-100 * fraction:R}"),
                ("exponent", $"{BitConverter.ToUInt64(bytes, 8) / 1e25:R}"),
            })
            {
                found[name] = found.GetValueOrDefault(name) + (CardNumber.IsIn(text) ? 1 : 0);
            }
        }

        Assert.All(found, pair => Assert.True(pair.Value == 0, $"{pair.Key}: {pair.Value} of 100,000"));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("4")]
    [InlineData("0")]
    [InlineData("3")]
    [InlineData("4,")]
    [InlineData("4539 ")]
    [InlineData("1-")]
    [InlineData("4111111111111111a")]
    [InlineData("45395787-6362-")]
    [InlineData("AB12 ")]
    [InlineData("ab12ab12ab12ab12ab12ab1 ")]
    [InlineData("NDUz")]
    [InlineData("MMMM")]
    [InlineData("%34")]
    [InlineData("%25")]
    [InlineData("\\\\")]
    [InlineData("&#52;")]
    [InlineData("\u0661")]
    [InlineData("4\u00ad")]
    [InlineData("\u0014E")]
    [InlineData("41111111-1111-4111-8111-")]
    [InlineData("e1")]
    [InlineData("4.539578763621486E+15 ")]
    [InlineData("4e4")]
    [InlineData("453957876362148612/27 ")]
    [InlineData("12/27")]
    public void The_work_grows_no_faster_than_the_text(string part)
    {
        Assert.All(new[] { false, true }, isThorough =>
        {
            var (one, sixteen) = (Steps(part, 4_096, isThorough), Steps(part, 65_536, isThorough));
            Assert.True(sixteen <= 17 * Math.Max(one, 4_096), $"{one} steps for 4 KiB, {sixteen} for 64 KiB");
            Assert.True(sixteen <= 32 * 65_536, $"{sixteen} steps for 64 KiB");
        });
    }

    private static int Steps(string part, int length, bool isThorough)
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(part, length / Encoding.UTF8.GetByteCount(part))));
        var steps = 0;
        CardNumber.IsIn(text, isThorough, ref steps);
        return steps;
    }

    [Fact]
    public void Looking_allocates_nothing()
    {
        byte[][] texts = [.. CardNumberDisguises.All().Select(disguise => Encoding.UTF8.GetBytes(disguise.Text)), "3f2504e0-4f89-41d3-9a0c-0305e82c3301"u8.ToArray(), new byte[4096]];
        Assert.Equal(0, AllocationMeter.LeastBytes(() =>
        {
            foreach (var text in texts)
            {
                CardNumber.IsIn(text);
            }
        }));
    }

    [Fact]
    public void After_masking_no_text_holds_a_card_number() =>
        Gen.OneOf(Gen.Const("4111111111111111"), Gen.Const("378282246310005"), Gen.String[Gen.Char["0123456789 -./ax%\u00ad"], 0, 9]).Array[0, 8]
            .Sample(parts => !CardNumber.MayBeIn(Encoding.UTF8.GetBytes(CardNumber.Mask(string.Concat(parts)))));

    [Fact]
    public void What_is_found_where_it_matters_is_found_in_copies_too() =>
        Gen.OneOf(Gen.Const("4111111111111111"), Gen.Const("378282246310005"), Gen.String[Gen.Char["0123456789 -./ax%\u00ad"], 0, 9]).Array[0, 8].Sample(parts =>
        {
            var text = Encoding.UTF8.GetBytes(string.Concat(parts));
            return !CardNumber.IsIn(text) || CardNumber.MayBeIn(text);
        });
}
