using CsCheck;
using StreamScoring.Files;

namespace StreamScoring.Tests.Files;

/// <summary>Records of tables, in memory and beyond it.</summary>
public sealed class EventStoreTests
{
    [Fact]
    public void Records_beyond_the_budget_are_read_back_from_a_file_as_they_were_in_any_order() =>
        Gen.Select(Gen.Byte.Array[0, 60].Array[1, 200], Gen.Int[0, 3], Gen.Int[0, 10_000]).Sample((values, kept, seed) =>
        {
            const int ChunkBytes = 64;
            var chunks = new EventChunks(kept * (long)ChunkBytes);
            EventStore[] stores = [new(chunks, ChunkBytes), new(chunks, ChunkBytes)];
            for (var i = 0; i < values.Length; i++)
            {
                stores[i & 1].Add(i, values[i], file: i & 1, row: i, fraud: null);
            }

            var all = new EventStore(chunks, ChunkBytes);
            all.Append(stores[0]);
            all.Append(stores[1]);
            all.Sort();
            int[] order = [.. Enumerable.Range(0, values.Length)];
            new Random(seed).Shuffle(order);
            return order.All(i => all.OrderMs(i) == i && all.Origin(i) == (i & 1, i) && all.Value(i).Span.SequenceEqual(values[i]));
        });

    [Fact]
    public void No_more_than_the_budget_of_full_chunks_stays_in_memory()
    {
        const int ChunkBytes = 1 << 16, Records = 4000;
        var chunks = new EventChunks(2 * ChunkBytes);
        var store = new EventStore(chunks, ChunkBytes);
        var value = new byte[1000];
        for (var i = 0; i < Records; i++)
        {
            store.Add(i, value, 0, i, null);
        }

        // All but the two that stay and the one that is open.
        Assert.InRange(chunks.SpilledBytes, (Records * 1000L) - (3 * ChunkBytes), (Records * 1000L) - (2 * (ChunkBytes - 1000)));
    }
}
