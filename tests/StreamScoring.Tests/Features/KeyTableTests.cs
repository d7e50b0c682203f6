using CsCheck;
using StreamScoring.Features;

namespace StreamScoring.Tests.Features;

public sealed unsafe class KeyTableTests
{
    private static readonly SlotHash Hash = SlotHash.Of(1);

    /// <summary>
    /// Keys with few homes, some at the end of the table, so that runs are long and go around its
    /// end.
    /// </summary>
    private static readonly UInt128[] Crowded =
        [.. Enumerable.Range(1, int.MaxValue).Select(KeyOf).Where(key => (Hash.Of((ulong)key, (ulong)(key >> 64)) + 4) % 1024 < 6).Take(41)];

    private readonly StateMemory _memory = new(long.MaxValue);

    [Fact]
    public void It_holds_what_a_dictionary_holds_whatever_is_added_and_removed() =>
        Gen.Select(Gen.Int[0, 40], Gen.Bool).Array[0, 400].Sample(steps =>
        {
            // Of its own: samples run side by side, and a state's memory is one thread's.
            var memory = new StateMemory(long.MaxValue);
            var (table, model) = (new KeyTable(memory, Hash), new Dictionary<UInt128, int>());
            foreach (var (number, isRemoval) in steps)
            {
                var key = Crowded[number];
                var slot = table.Find(key);
                Assert.Equal(model.ContainsKey(key), slot != null);
                if (slot == null)
                {
                    slot = table.Add(key);
                    slot->Block = (long*)1;
                    slot->RowsLog2 = (byte)number;
                    model.Add(key, number);
                }
                else if (isRemoval)
                {
                    table.Remove(slot);
                    model.Remove(key);
                }
            }

            Assert.Equal(model.Count, table.Count);
            foreach (var (key, number) in model)
            {
                Assert.Equal(number, table.Find(key)->RowsLog2);
            }

            GC.KeepAlive(memory);
        }, iter: 2000);

    /// <summary>Whoever makes up keys knows all of the code and not the process's secret.</summary>
    [Theory]
    [InlineData("one low half", 0, 1)]
    [InlineData("one high half", 1, 0)]
    [InlineData("low bits that are all zero", 1 << 20, 0)]
    [InlineData("both halves alike", 1, 1)]
    public void Keys_that_are_made_to_meet_do_not(string what, ulong lowStep, ulong highStep)
    {
        // A secret may have bad luck with keys that step evenly, and whoever makes the keys does
        // not know it: most secrets spread them.
        var longest = Enumerable.Range(0, 5).Select(_ => LongestRun(lowStep, highStep)).Order().ToList();
        // A third is full: with keys that fall at random the longest run has some 20 slots.
        Assert.True(longest[2] < 200, $"{what}: a search may look at {longest[2]} slots");
    }

    private int LongestRun(ulong lowStep, ulong highStep)
    {
        var table = new KeyTable(_memory, SlotHash.Random());
        for (var i = 1UL; i <= 40_000; i++)
        {
            Assert.True(table.TryReserve(1));
            table.Add(new UInt128(17 + (i * highStep), 17 + (i * lowStep)))->Block = (long*)1;
        }

        var (longest, run) = (0, 0);
        foreach (ref readonly var slot in table.Slots)
        {
            run = slot.Block != null ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        GC.KeepAlive(_memory);
        return longest;
    }

    [Fact]
    public void It_is_sized_once_for_keys_that_are_expected_but_for_a_part_of_the_ceiling()
    {
        var table = new KeyTable(_memory, SlotHash.Random());
        table.Expect(100_000);
        var resizes = table.Resizes;
        for (var i = 1; i <= 100_000; i++)
        {
            Assert.True(table.TryReserve(1));
            table.Add(KeyOf(i))->Block = (long*)1;
        }

        Assert.Equal(resizes, table.Resizes);
        var small = new KeyTable(new StateMemory(1 << 20), SlotHash.Random());
        small.Expect(long.MaxValue / 4);
        Assert.True(small.AllocatedBytes <= 1 << 17);
    }

    [Fact]
    public void It_gives_memory_back_once_few_keys_are_left()
    {
        var table = new KeyTable(_memory, SlotHash.Random());
        for (var i = 1; i <= 100_000; i++)
        {
            Assert.True(table.TryReserve(1));
            table.Add(KeyOf(i))->Block = (long*)1;
        }

        var full = table.AllocatedBytes;
        for (var i = 1; i <= 99_000; i++)
        {
            table.Remove(table.Find(KeyOf(i)));
            table.Shrink();
        }

        Assert.True(table.AllocatedBytes <= full / 16, $"{table.AllocatedBytes} of {full} bytes are held");
        Assert.All(Enumerable.Range(99_001, 1000), i => Assert.True(table.Find(KeyOf(i)) != null));
        GC.KeepAlive(_memory);
    }

    private static UInt128 KeyOf(int number) => StreamScoring.Identity.IdentityHash.Development.Of(BitConverter.GetBytes(number));
}
