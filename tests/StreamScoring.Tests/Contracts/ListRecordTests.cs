using CsCheck;
using StreamScoring.Contracts;

namespace StreamScoring.Tests.Contracts;

public sealed class ListRecordTests
{
    [Fact]
    public void An_entry_is_read_back_as_it_was_written()
    {
        Gen.Select(Gen.Int[0, 2].Select(i => new[] { "a", "_x", "trusted-1" }[i]), Gen.String[1, 40], Gen.Long[0, 253_402_300_799_999].Nullable(), Gen.Bool).Where(record => IsWhole(record.Item2) && !record.Item2.Any(char.IsControl)).Sample((list, entry, until, isRemoval) =>
        {
            byte[] record = [.. ListRecord.KeyOf(list, entry), .. isRemoval ? [] : ListRecord.ValueOf(until, "note")];

            Assert.True(ListRecord.TryRead(record, out var readList, out var readEntry, out var readUntil, out var readRemoval));
            Assert.Equal((list, entry, isRemoval ? null : until, isRemoval), (readList, readEntry, readUntil, readRemoval));
        });
    }

    [Fact]
    public void Any_bytes_are_an_entry_or_are_not()
    {
        Gen.Byte.Array[0, 60].Sample(bytes =>
        {
            ListRecord.TryRead(bytes, out _, out _, out _, out _);
        });
        Gen.Select(Gen.Int[0, 60], Gen.Byte).Sample((at, value) =>
        {
            byte[] record = [.. ListRecord.KeyOf("trusted", "c-1"), .. ListRecord.ValueOf(5, "note")];
            record[at % record.Length] = value;
            ListRecord.TryRead(record, out _, out _, out _, out _);
            ListRecord.TryReadValue(record, out _, out _);
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""["a"]""")]
    [InlineData("""["a",""]{}""")]
    [InlineData("""["a","b","c"]{}""")]
    [InlineData("""["a","b"]5""")]
    [InlineData("""["a b","c"]{}""")]
    [InlineData("""["a","b\nc"]{}""")]
    [InlineData("""["a","b"]{"until":99999999999999999}""")]
    [InlineData("""["a","b"]{"until":-1}""")]
    [InlineData("""["a","b"]{"until":"soon"}""")]
    [InlineData("""["a","b"]{""")]
    public void What_is_no_entry_is_told(string record) => Assert.False(ListRecord.TryRead(System.Text.Encoding.UTF8.GetBytes(record), out _, out _, out _, out _));

    /// <summary>No half of a character: JSON cannot hold it.</summary>
    private static bool IsWhole(string text) => text.Equals(System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text)), StringComparison.Ordinal);
}
