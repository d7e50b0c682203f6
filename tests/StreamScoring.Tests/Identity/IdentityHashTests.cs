using System.Runtime.Intrinsics;
using System.Text;
using CsCheck;
using StreamScoring.Contracts;
using StreamScoring.Identity;
using StreamScoring.State;

namespace StreamScoring.Tests.Identity;

public sealed class IdentityHashTests
{
    private static readonly IdentityHash Other = IdentityHash.FromSecret("a secret of sixteen bytes and more");

    /// <summary>FIPS 197, Appendix B: the first round.</summary>
    [Fact]
    public void A_round_is_that_of_the_standard()
    {
        var state = BytesOf("193de3bea0f4e22b9ac68d2ae9f84808");
        var roundKey = BytesOf("a0fafe1788542cb123a339392a6c7605");
        Assert.Equal(BytesOf("a49c7ff2689f352b6b5bea43026a5049"), AesRound.Computed(state, roundKey));
    }

    [Fact]
    public void A_round_is_the_same_with_the_processors_instruction_and_without() =>
        Gen.Byte.Array[32].Sample(bytes =>
            AesRound.Apply(Vector128.Create(bytes, 0), Vector128.Create(bytes, 16)) == AesRound.Computed(Vector128.Create(bytes, 0), Vector128.Create(bytes, 16)));

    /// <summary>
    /// Whatever machine it runs on: processes of one deployment compute the same, and snapshots
    /// outlive releases.
    /// </summary>
    [Theory]
    [InlineData("a", "2fb9a88b371a3ca71aa66dee22b7a46b")]
    [InlineData("customer-0123456", "a4bacd9d929a077d8dd5224c412d9d33")]
    [InlineData("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "59c51bb3b300323b2f3b3f5c350d2e65")]
    public void A_texts_hash_never_changes(string text, string expected) =>
        Assert.Equal(expected, IdentityHash.Development.Of(Encoding.UTF8.GetBytes(text)).ToString("x32"));

    [Fact]
    public void The_fingerprint_and_the_hashes_of_contents_and_numbers_never_change()
    {
        Assert.Equal("79dac9f8288c36e2", IdentityHash.Development.Fingerprint);
        Assert.Equal("ee8dca6a3c952a14", IdentityHash.Development.OfContent(1999, CurrencyTable.NumberOf(Eur), [1, 0, 2]).ToString("x16"));
        Assert.Equal("1ed2eb1b12e524f1", IdentityHash.Development.OfNumber(12).ToString("x16"));
    }

    [Fact]
    public void Texts_that_differ_in_anything_have_other_hashes()
    {
        var texts = Enumerable.Range(1, 70).SelectMany(length => new[]
        {
            new byte[length], [.. Enumerable.Repeat((byte)length, length)], [.. Enumerable.Repeat((byte)'a', length)], [.. Enumerable.Repeat((byte)'a', length - 1), (byte)'b'],
            [(byte)'b', .. Enumerable.Repeat((byte)'a', length - 1)],
        }).DistinctBy(Convert.ToHexString).ToList();
        Assert.Equal(texts.Count, texts.Select(text => IdentityHash.Development.Of(text)).Distinct().Count());
        Assert.Equal(UInt128.Zero, IdentityHash.Development.Of([]));
    }

    [Fact]
    public void With_another_secret_all_is_another()
    {
        Assert.NotEqual(IdentityHash.Development.Fingerprint, Other.Fingerprint);
        Assert.NotEqual(IdentityHash.Development.Of("c-1"u8), Other.Of("c-1"u8));
        Assert.NotEqual(IdentityHash.Development.OfNumber(7), Other.OfNumber(7));
        Assert.NotEqual(IdentityHash.Development.OfContent(1, 1, [1]), Other.OfContent(1, 1, [1]));
        Assert.Equal(Other.Of("c-1"u8), IdentityHash.FromSecret("a secret of sixteen bytes and more").Of("c-1"u8));
    }

    [Theory]
    [InlineData(15, false)]
    [InlineData(16, true)]
    [InlineData(4096, true)]
    [InlineData(4097, false)]
    public void A_secret_has_a_length_that_cannot_be_tried_out(int length, bool isFine)
    {
        var secret = new string('s', length);
        Assert.Equal(isFine, Record.Exception(() => IdentityHash.FromSecret(secret)) is null);
        Assert.DoesNotContain(secret, Record.Exception(() => IdentityHash.FromSecret(secret))?.Message ?? "", StringComparison.Ordinal);
    }

    public static TheoryData<string, Payment, bool> Others => new()
    {
        { "itself", Sample, true },
        { "event time", Sample with { EventTimeMs = Sample.EventTimeMs + 1 }, true },
        { "address", Sample with { Ip = "10.0.0.2" }, true },
        { "channel and mcc", Sample with { Channel = "pos", Mcc = "5411" }, true },
        { "countries", Sample with { MerchantCountry = "DE", CardCountry = "FR", IpCountry = "NL" }, true },
        { "attributes", Sample with { Attributes = new Dictionary<string, object> { ["basket"] = 3.0 } }, true },
        { "amount", Sample with { AmountMinor = 9_999_999_900 }, false },
        { "currency", Sample with { Currency = "USD" }, false },
        { "card", Sample with { CardId = "card-2" }, false },
        { "no card", Sample with { CardId = null }, false },
        { "customer", Sample with { CustomerId = "customer-2" }, false },
        { "merchant", Sample with { MerchantId = "merchant-2" }, false },
        { "terminal", Sample with { TerminalId = "terminal-2" }, false },
        { "device", Sample with { DeviceId = "device-2" }, false },
        { "email", Sample with { EmailHash = "email-2" }, false },
        { "two ids that change places", Sample with { CardId = Sample.CustomerId, CustomerId = Sample.CardId }, false },
        { "an id in another's place", Sample with { MerchantId = null, TerminalId = Sample.MerchantId }, false },
    };

    [Theory, MemberData(nameof(Others))]
    public void A_retry_may_be_stamped_anew_and_is_else_the_same(string what, Payment other, bool isSame) =>
        Assert.True(isSame == (ContentOf(Sample) == ContentOf(other)), what);

    private static Payment Sample { get; } = new()
    {
        PaymentId = "p-1",
        EventTimeMs = 1_700_000_000_000,
        AmountMinor = 100,
        Currency = "EUR",
        CardId = "card-1",
        CustomerId = "customer-1",
        MerchantId = "merchant-1",
        DeviceId = "device-1",
        EmailHash = "email-1",
        Ip = "10.0.0.1",
    };

    private static short Eur => CurrencyTable.TryFind("EUR"u8, out var index) ? index : throw new InvalidOperationException("no EUR");

    private static ulong ContentOf(Payment payment)
    {
        var batch = TestBatch.Decode(SamplePayment.Encode(payment));
        Assert.True(batch.Rejection[0].IsNone);
        var contents = new PaymentContents(IdentityHash.Development);
        contents.Begin(batch);
        return contents.Of(batch, 0);
    }

    private static Vector128<byte> BytesOf(string hex) => Vector128.Create(Convert.FromHexString(hex), 0);
}
