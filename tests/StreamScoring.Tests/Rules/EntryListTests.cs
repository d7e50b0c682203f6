using CsCheck;
using StreamScoring.Lists;

namespace StreamScoring.Tests.Rules;

public sealed class EntryListTests
{
    [Fact]
    public void A_list_holds_what_was_put_in_until_it_ends_and_nothing_else()
    {
        Gen.Select(Gen.Select(Gen.Int[0, 40], Gen.Int[0, 5]).List[0, 60], Gen.Int[0, 6]).Sample((entries, now) =>
        {
            // 5 is for ever; of two entries of one text the later end counts.
            var list = ListOf(ListUse.Text, [.. entries.Select(entry => ($"k{entry.Item1}", entry.Item2 == 5 ? ListEntry.Forever : entry.Item2 * 1000L))]);
            for (var key = 0; key <= 41; key++)
            {
                var isThere = entries.Any(entry => entry.Item1 == key && (entry.Item2 == 5 || now * 1000L < entry.Item2 * 1000L));
                Assert.Equal(isThere, list.ContainsText(System.Text.Encoding.UTF8.GetBytes($"k{key}"), now * 1000L));
            }
        });
    }

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("10.255.255.255", true)]
    [InlineData("11.0.0.0", false)]
    [InlineData("192.0.2.7", true)]
    [InlineData("192.0.2.8", false)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("2001:DB8:0:0:0:0:0:ffff", true)]
    [InlineData("2001:db9::1", false)]
    public void An_address_is_found_in_its_network(string address, bool isThere)
    {
        var list = ListOf(ListUse.Network, [("10.0.0.0/8", ListEntry.Forever), ("192.0.2.7", ListEntry.Forever), ("2001:db8::/32", ListEntry.Forever)]);

        Assert.True(NetworkAddressParser.TryParse(System.Text.Encoding.UTF8.GetBytes(address), out var parsed));
        Assert.Equal(isThere, list.ContainsAddress(parsed, 0));
    }

    [Fact]
    public void Addresses_are_read_as_the_runtime_reads_them()
    {
        var parts = Gen.OneOf(OneOf.Values("::", ":", ".", "0", "1", "ffff", "12345", "255", "256", "10.0.0.1", "g", "/", "1.2.3", "abcd"), Gen.UShort.Select(group => group.ToString("x", System.Globalization.CultureInfo.InvariantCulture)));
        Gen.OneOf(parts.List[0, 9].Select(list => string.Concat(list)), parts.List[1, 9].Select(list => string.Join(':', list))).Sample(text =>
        {
            var isOurs = NetworkAddressParser.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out var address);
            // The runtime also takes 1.2.3 and, as octal, 010.0.0.1; those are no dotted quads.
            var isTheirs = System.Net.IPAddress.TryParse(text, out var known) && (text.Contains(':', StringComparison.Ordinal) || text.Count(c => c == '.') == 3)
                && !System.Text.RegularExpressions.Regex.IsMatch(text, @"(^|[.:])0\d+[.]|[.]0\d");
            Assert.Equal(isTheirs, isOurs);
            if (isOurs)
            {
                Assert.Equal(known!.MapToIPv6().GetAddressBytes(), Bytes(address));
            }
        }, iter: 20_000);
    }

    [Theory]
    [InlineData("7", true)]
    [InlineData("7.0", true)]
    [InlineData("0.5", true)]
    [InlineData("-0", true)]
    [InlineData("8", false)]
    public void A_number_is_found_by_its_value(string number, bool isThere)
    {
        var list = ListOf(ListUse.Number, [("7", ListEntry.Forever), ("5e-1", ListEntry.Forever), ("0", ListEntry.Forever)]);

        Assert.Equal(isThere, list.ContainsNumber(double.Parse(number, System.Globalization.CultureInfo.InvariantCulture), 0));
    }

    [Fact]
    public void An_entry_takes_less_than_32_bytes()
    {
        const int entries = 1_000_000;
        var all = Enumerable.Range(0, entries).Select(i => new ListEntry($"customer-{i}", ListEntry.Forever, null));
        var list = EntryList.Of("many", "", ListUse.Text, all);
        var ending = EntryList.Of("many", "", ListUse.Text, all.Select(entry => entry with { UntilMs = 4000 }));

        Assert.Equal((21, 26), (list.Bytes / entries + 1, ending.Bytes / entries + 1));
        Assert.True(list.ContainsText("customer-999999"u8, 0));
        Assert.False(list.ContainsText("customer-1000000"u8, 0));
    }

    private static EntryList ListOf(ListUse use, IReadOnlyList<(string Text, long UntilMs)> entries) =>
        EntryList.Of("list", "", use, entries.Select(entry => new ListEntry(entry.Text, entry.UntilMs, null)));

    private static byte[] Bytes(UInt128 address)
    {
        var bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, address);
        return bytes;
    }
}
