using CsCheck;
using StreamScoring.Features;

namespace StreamScoring.Tests.Features;

public sealed unsafe class KeyTableTests
{
    private readonly StateMemory _memory = new(long.MaxValue);

    [Fact]
    public void It_holds_what_a_dictionary_holds_whatever_is_added_and_removed() =>
        Gen.Select(Gen.Int[0, 40], Gen.Bool).Array[0, 400].Sample(steps =>
        {
            // Of its own: samples run side by side, and a state's memory is one thread's.
            var memory = new StateMemory(long.MaxValue);
            var (table, model) = (new KeyTable(memory), new Dictionary<UInt128, int>());
            foreach (var (number, isRemoval) in steps)
            {
                // Few homes, some at the end of the table, so that runs are long and go around its end.
                var key = new UInt128((ulong)number + 1, (ulong)(1020 + (number % 6)));
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

    [Fact]
    public void It_is_sized_once_for_keys_that_are_expected_but_for_a_part_of_the_ceiling()
    {
        var table = new KeyTable(_memory);
        table.Expect(100_000);
        var resizes = table.Resizes;
        for (var i = 1; i <= 100_000; i++)
        {
            Assert.True(table.TryReserve(1));
            table.Add(KeyOf(i))->Block = (long*)1;
        }

        Assert.Equal(resizes, table.Resizes);
        var small = new KeyTable(new StateMemory(1 << 20));
        small.Expect(long.MaxValue / 4);
        Assert.True(small.AllocatedBytes <= 1 << 17);
    }

    [Fact]
    public void It_gives_memory_back_once_few_keys_are_left()
    {
        var table = new KeyTable(_memory);
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
