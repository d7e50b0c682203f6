using CsCheck;
using StreamScoring.Lists;

namespace StreamScoring.Tests.Rules;

public sealed class EntryTrieTests
{
    /// <summary>Some that begin alike, and some that the first 64 bits do not tell apart.</summary>
    private static readonly Gen<EntryHash> Hash = Gen.OneOf(
        Gen.Int[0, 3000].Select(i => new EntryHash((ulong)i * 0x9E37_79B9_7F4A_7C15, 7)),
        Gen.Select(Gen.Int[0, 400], Gen.Int[0, 1]).Select((i, low) => new EntryHash(0xABCD_0000_0000_0000 + (ulong)i, (uint)low)),
        Gen.Int[0, 400].Select(i => new EntryHash(42, (uint)i)));

    [Fact]
    public void Every_version_holds_what_the_changes_before_it_left()
    {
        // 0 and 1 are removals, 2 is for ever; with 3 some lists have ends and some have none.
        var change = Gen.Select(Hash, Gen.Int[0, 4]);
        Gen.Select(Gen.OneOf(change.Array[0, 80], change.Array[500, 1500]).Array[0, 30], Gen.Bool, Gen.Int[0, 10]).Sample((steps, hasEnds, branchEvery) =>
        {
            var (trie, model) = (EntryTrie.Empty, new Dictionary<EntryHash, uint>());
            var versions = new List<(EntryTrie Trie, Dictionary<EntryHash, uint> Model)> { (trie, model) };
            for (var step = 0; step < steps.Length; step++)
            {
                // Now and then what was changed before is changed again, in another way.
                (trie, model) = branchEvery > 2 && step % branchEvery == 2 ? versions[step / 2] : (trie, model);
                var changes = steps[step].DistinctBy(one => one.Item1)
                    .Select(one => new EntryChange(one.Item1, hasEnds && one.Item2 > 2 ? (uint)one.Item2 : EntryTrie.Forever, one.Item2 < 2)).OrderBy(one => one.Hash).ToArray();
                trie = trie.With(changes);
                model = new Dictionary<EntryHash, uint>(model);
                foreach (var (hash, until, isRemoved) in changes)
                {
                    _ = isRemoved ? model.Remove(hash) : (model[hash] = until) == until;
                }

                versions.Add((trie, model));
            }

            foreach (var (then, held) in versions)
            {
                RequireEqual(then, held, steps.SelectMany(step => step).Select(one => one.Item1));
            }
        }, iter: 60);
    }

    [Fact]
    public void A_list_that_lost_almost_all_takes_little_memory()
    {
        var hashes = Hashes(100_000);
        var full = With(EntryTrie.Empty, hashes, isRemoved: false);
        var empty = With(full, hashes.AsSpan(10).ToArray(), isRemoved: true);
        var emptiedSlowly = hashes.Skip(10).Chunk(64).Aggregate(full, (trie, chunk) => With(trie, chunk, isRemoved: true));

        Assert.Equal((100_000, 10, 10), (full.Count, empty.Count, emptiedSlowly.Count));
        Assert.True(empty.Bytes < 2000, $"{empty.Bytes} bytes");
        Assert.True(emptiedSlowly.Bytes < full.Bytes / 20, $"{emptiedSlowly.Bytes} bytes of {full.Bytes}");
        Assert.Equal(hashes.Order().Except(emptiedSlowly.Entries().Select(entry => entry.Hash)), hashes.Skip(10).Order());
    }

    [Fact]
    public void A_change_leaves_little_to_the_garbage_collector()
    {
        var trie = EntryTrie.Empty;
        EntryChange[][] batches = [.. Hashes(100_000).Chunk(64).Select(chunk => ChangesOf(chunk, isRemoved: false))];
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var batch in batches)
        {
            trie = trie.With(batch);
        }

        // What is copied is collected while all threads wait. With a copy of a leaf for each change
        // it was a thousand bytes.
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / trie.Count;
        Assert.True(bytes < 400, $"{bytes} bytes an entry");
    }

    [Fact]
    public async Task Who_looks_into_a_version_does_not_see_what_is_written_meanwhile()
    {
        var hashes = Hashes(60_000);
        var (even, odd) = (hashes.Where((_, i) => i % 2 == 0).ToArray(), hashes.Where((_, i) => i % 2 == 1).ToArray());
        var trie = With(EntryTrie.Empty, even, isRemoved: false);
        var newest = trie;
        var isDone = false;
        var readers = Enumerable.Range(0, 2).Select(reader => Task.Run(() =>
        {
            var rounds = 0;
            for (var wasDone = false; !wasDone || rounds == 0; rounds++)
            {
                wasDone = Volatile.Read(ref isDone);
                var latest = Volatile.Read(ref newest);
                // Of the newest one: what was put in before it, all or nothing of a batch.
                Assert.Equal(latest.Count - even.Length, odd.Count(hash => latest.TryFind(hash, out _)));
                Assert.True(even.All(hash => trie.TryFind(hash, out var until) && until == EntryTrie.Forever));
                Assert.DoesNotContain(odd, hash => trie.TryFind(hash, out _));
                Assert.Equal(trie.Count, trie.Entries().Count());
            }
        })).ToArray();
        foreach (var chunk in odd.Chunk(8))
        {
            Volatile.Write(ref newest, With(newest, chunk, isRemoved: false));
        }

        Volatile.Write(ref isDone, true);
        await Task.WhenAll(readers);
    }

    private static EntryHash[] Hashes(int count) => [.. Enumerable.Range(1, count).Select(i => new EntryHash((ulong)i * 0x9E37_79B9_7F4A_7C15, (uint)i))];

    private static EntryTrie With(EntryTrie trie, EntryHash[] hashes, bool isRemoved) => trie.With(ChangesOf(hashes, isRemoved));

    private static EntryChange[] ChangesOf(EntryHash[] hashes, bool isRemoved) => [.. hashes.Order().Select(hash => new EntryChange(hash, EntryTrie.Forever, isRemoved))];

    private static void RequireEqual(EntryTrie trie, Dictionary<EntryHash, uint> model, IEnumerable<EntryHash> asked)
    {
        Assert.Equal(model.Count, trie.Count);
        Assert.Equal(model.OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value)), trie.Entries());
        foreach (var hash in asked)
        {
            Assert.Equal(model.TryGetValue(hash, out var until), trie.TryFind(hash, out var found));
            Assert.Equal(until, found);
        }
    }
}
