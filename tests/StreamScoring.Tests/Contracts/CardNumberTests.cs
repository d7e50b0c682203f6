using System.Buffers.Binary;
using System.Text;
using CsCheck;
using StreamScoring.Contracts;

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
    [InlineData("41111111111111111111111111", "a run of more than nineteen digits")]
    [InlineData("a94111111111111111b0c1d2e3f4a5b6", "a hash in hexadecimal")]
    [InlineData("41111111-1111-4111-8111-111111111111", "a UUID")]
    [InlineData("id-41111111-1111-4111-8111-111111111111", "a UUID behind a prefix")]
    [InlineData("4.111111111111111", "a number with decimals")]
    [InlineData("41111111.11111111", "a number with decimals")]
    [InlineData("0af7651916cd43dd-41111111-11111111b7ad", "part of a longer token")]
    [InlineData("192.168.100.200", "an address")]
    [InlineData("", "nothing")]
    public void What_only_looks_like_one_is_left_alone(string text, string because) =>
        Assert.False(CardNumber.IsIn(Encoding.UTF8.GetBytes(text)), because);

    [Fact]
    public void Redaction_leaves_no_card_number_and_nothing_else_changes()
    {
        var text = Encoding.UTF8.GetBytes("a 4111111111111111 b 378282246310005 c 1234567890123452 d");
        Assert.Equal(2, CardNumber.Redact(text));
        Assert.Equal("a **************** b *************** c 1234567890123452 d", Encoding.UTF8.GetString(text));
    }

    [Theory]
    [InlineData("{\"a\":\"411111111111\\u00311\\u00311\"}")]
    [InlineData("{\"a\":\"{\\\"b\\\":\\\"411111111111\\\\u00311\\\\u00311\\\"}\"}")]
    [InlineData("{\"a\":\"4111\\/1111\\/1111\\/1111\"}")]
    [InlineData("{\"a\":\"4111\\u00a01111\\u00a01111\\u00a01111\"}")]
    [InlineData("{\"a\":4.111111111111111e15}")]
    [InlineData("{\"a\":41111111111111110E-1}")]
    [InlineData("{\"a\":6.221260000000000001e+18}")]
    [InlineData("4\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\0\u00ff")]
    public void A_card_number_that_is_not_plain_text_is_found_in_a_record(string text) => Assert.True(IsHiddenIn(Encoding.Latin1.GetBytes(text)));

    [Theory]
    [InlineData(4111111111111111UL)]
    [InlineData(6221260000000000001UL)]
    public void A_card_number_in_binary_is_found_in_a_record(ulong number)
    {
        var unsigned = new byte[10] { 0x91, 0xcf, 0, 0, 0, 0, 0, 0, 0, 0 };
        BinaryPrimitives.WriteUInt64BigEndian(unsigned.AsSpan(2), number);
        byte[] negative = [0x91, 0xd3, .. unsigned[2..]];
        BinaryPrimitives.WriteInt64BigEndian(negative.AsSpan(2), -(long)number);
        Assert.True(CardNumber.IsIn(Encoding.UTF8.GetBytes($"{number}")));
        Assert.True(IsHiddenIn(unsigned));
        Assert.True(IsHiddenIn(negative));
    }

    [Theory]
    [InlineData("{\"payment_id\":\"p-1\",\"event_time\":1700000000000,\"amount_minor\":1.5e3,\"x\":\"\\u00e9\\n\"}")]
    [InlineData("e E 1e 1e+ 9e999 .e5")]
    [InlineData("\\")]
    [InlineData("\\u12")]
    public void A_record_without_one_hides_none(string text) => Assert.False(IsHiddenIn(Encoding.UTF8.GetBytes(text)));

    private static bool IsHiddenIn(byte[] record) => HiddenCardNumber.IsIn(record, new byte[record.Length]);

    [Fact]
    public void After_redaction_no_text_holds_a_card_number() =>
        Gen.OneOf(Gen.Const("4111111111111111"), Gen.Const("378282246310005"), Gen.String[Gen.Char["0123456789 -./ax"], 0, 9]).Array[0, 8].Sample(parts =>
        {
            var text = Encoding.UTF8.GetBytes(string.Concat(parts));
            CardNumber.Redact(text);
            return !CardNumber.IsIn(text);
        });
}
