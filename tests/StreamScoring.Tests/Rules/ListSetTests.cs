using System.Text;
using CsCheck;
using StreamScoring.Identity;
using StreamScoring.Lists;

namespace StreamScoring.Tests.Rules;

public sealed class ListSetTests
{
    [Fact]
    public void A_set_holds_what_the_changes_left_and_those_before_it_stay_as_they_were()
    {
        // Few entries that come and go many times, in changes of many sizes.
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 300], Gen.Int[0, 4]).Array[0, 400].Array[0, 8].Sample(steps =>
        {
            var (set, model) = (ListSet.Empty(IdentityHash.Development), new Dictionary<(int List, int Entry), long>());
            var earlier = new List<(ListSet Set, Dictionary<(int List, int Entry), long> Model)>();
            foreach (var step in steps)
            {
                // 0 and 1 are removals, 4 is for ever.
                set = set.With([.. step.Select(change => new ListChange($"l{change.Item1}", $"e{change.Item2}", change.Item3 == 4 ? ListEntry.Forever : change.Item3 * 1000L, change.Item3 < 2))], 5);
                model = new Dictionary<(int List, int Entry), long>(model);
                foreach (var (list, entry, end) in step)
                {
                    if (end < 2)
                    {
                        model.Remove((list, entry));
                    }
                    else
                    {
                        model[(list, entry)] = end == 4 ? ListEntry.Forever : end * 1000L;
                    }
                }

                earlier.Add((set, model));
            }

            foreach (var (then, held) in earlier)
            {
                RequireEqual(then, held);
            }
        }, iter: 60);
    }

    [Fact]
    public void A_digest_is_that_of_the_entries_whatever_the_way_to_them()
    {
        ListChange[] changes = [.. Enumerable.Range(0, 500).Select(i => new ListChange("a", $"e{i}", i % 3 == 0 ? 5000 : ListEntry.Forever, IsRemoved: false))];
        var straight = ListSet.Empty(IdentityHash.Development).With(changes, 1)["a"];
        var roundabout = ListSet.Empty(IdentityHash.Development);
        foreach (var change in changes.Reverse())
        {
            roundabout = roundabout.With([change with { UntilMs = 1000 }, new ListChange("a", "gone", 1, IsRemoved: false)], 1).With([change, new ListChange("a", "gone", 1, IsRemoved: true)], 1);
        }

        Assert.Equal((straight.Hash, straight.Count), (roundabout["a"].Hash, roundabout["a"].Count));
        Assert.NotEqual(straight.Hash, roundabout.With([changes[0] with { IsRemoved = true }], 1)["a"].Hash);
    }

    [Fact]
    public void A_list_of_a_log_finds_texts_numbers_and_networks()
    {
        var set = ListSet.Empty(IdentityHash.Development).With([.. new[] { "7.0", "42", "10.0.0.0/8", "c-1" }.Select(entry => new ListChange("a", entry, ListEntry.Forever, IsRemoved: false))], 1);
        var list = set["a"];

        Assert.True(list.ContainsText("7.0"u8, 0) && list.ContainsText("c-1"u8, 0) && list.ContainsText("10.0.0.0/8"u8, 0));
        Assert.False(list.ContainsText("7"u8, 0));
        Assert.True(list.ContainsNumber(7, 0) && list.ContainsNumber(42, 0));
        Assert.False(list.ContainsNumber(8, 0));
        Assert.True(NetworkAddressParser.TryParse("10.9.8.7"u8, out var address) && list.ContainsAddress(address, 0));
        var without = set.With([new ListChange("a", "10.0.0.0/8", 0, IsRemoved: true), new ListChange("a", "7.0", 0, IsRemoved: true)], 2)["a"];
        Assert.False(without.ContainsAddress(address, 0) || without.ContainsNumber(7, 0));
    }

    [Fact]
    public void To_remove_an_address_in_another_way_to_write_it_removes_nothing()
    {
        var set = ListSet.Empty(IdentityHash.Development).With([new ListChange("a", "10.9.9.9", ListEntry.Forever, false), new ListChange("a", "10.9.9.9/32", 1000, false)], 1);
        Assert.True(NetworkAddressParser.TryParse("10.9.9.9"u8, out var address) && set["a"].ContainsAddress(address, 5000));
        Assert.True(set.With([new ListChange("a", "10.9.9.9/32", 0, true)], 2)["a"].ContainsAddress(address, 5000));
        Assert.False(set.With([new ListChange("a", "10.9.9.9", 0, true)], 2)["a"].ContainsAddress(address, 5000));
    }

    [Theory]
    [InlineData("10.1.0.0/8", "10.0.0.0/8")]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("2001:0db8::1/32", "2001:db8::/32")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("192.0.2.7/32", "192.0.2.7")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("2001:db8:0::1", "2001:db8::1")]
    [InlineData("2001:db8::1/128", "2001:db8::1")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("::/0", "::/0")]
    [InlineData("card-1", null)]
    [InlineData("a/8", null)]
    public void A_network_has_one_way_to_be_written(string entry, string? written) => Assert.Equal(written, EntryList.OneWayToWrite(entry));

    /// <summary>More than one leaf holds, and each of them ends somewhere.</summary>
    private static void RequireEqual(ListSet set, Dictionary<(int List, int Entry), long> model)
    {
        for (var list = 0; list <= 2; list++)
        {
            var held = set[$"l{list}"];
            Assert.Equal(model.Count(entry => entry.Key.List == list), held.Count);
            for (var entry = 0; entry <= 301; entry++)
            {
                var isThere = model.TryGetValue((list, entry), out var until) && 2500 < until;
                Assert.Equal(isThere, held.ContainsText(Encoding.UTF8.GetBytes($"e{entry}"), 2500));
            }
        }
    }
}
