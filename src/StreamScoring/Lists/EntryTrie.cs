using System.Runtime.CompilerServices;

namespace StreamScoring.Lists;

/// <summary>
/// Hashes, each with a time until which it counts. It never changes for those who hold it: a change
/// gives another trie, which shares almost all. So whoever decides by one goes on with it, and no
/// change takes longer than the entries that it changes, however many others there are.
/// </summary>
/// <remarks>
/// Tries that came of each other are versions of one: most changes are written into the room that
/// leaves have, where earlier versions pass over them (<see cref="EntryLeaf"/>). With a copy of a
/// leaf for each change an import stopped all threads for up to 35 ms: the copies survive, and the
/// garbage collector moves what does.
/// </remarks>
internal sealed class EntryTrie
{
    /// <summary>Ends are whole seconds in 32 bits: enough until the year 2106.</summary>
    public const uint Forever = uint.MaxValue;

    /// <summary>A node or a leaf.</summary>
    private readonly object _root;
    private readonly long _version;

    /// <summary>The newest version.</summary>
    private readonly StrongBox<long> _newest;

    private EntryTrie(object root, long version, StrongBox<long> newest, int count) => (_root, _version, _newest, Count) = (root, version, newest, count);

    /// <summary>It is never the newest: all lists begin with it.</summary>
    public static EntryTrie Empty { get; } = new(new EntryLeaf([]), 0, new StrongBox<long>(1), 0);

    public int Count { get; }

    /// <summary>Bytes of it, about; it walks all of its nodes.</summary>
    public long Bytes => BytesOf(_root);

    /// <param name="until">See <see cref="EntryChange.Until"/>.</param>
    public bool TryFind(EntryHash hash, out uint until) => EntryNode.LeafOf(_root, hash).TryFind(hash, _version, out until);

    /// <param name="nowMs">ms since the Unix epoch.</param>
    public bool Contains(EntryHash hash, long nowMs) => TryFind(hash, out var until) && (until == Forever || nowMs < until * 1000L);

    /// <param name="changes">In the order of their hashes, each hash once.</param>
    public EntryTrie With(ReadOnlySpan<EntryChange> changes)
    {
        if (changes.IsEmpty)
        {
            return this;
        }

        var version = _version + 1;
        if (Interlocked.CompareExchange(ref _newest.Value, version, _version) != _version)
        {
            // Another change was made of it before, and has its leaves now. Who folds never makes
            // two, so this may take as long as a copy of all.
            return Copied().With(changes);
        }

        var count = Count;
        var root = EntryNode.With(_root, changes, EntryNode.FirstShift, version, ref count);
        return new EntryTrie(root, version, _newest, count);
    }

    /// <summary>All entries, in the order of their hashes.</summary>
    public IEnumerable<(EntryHash Hash, uint Until)> Entries() =>
        LeavesOf(_root).SelectMany(leaf => leaf.Entries(_version).ToArray()).Select(entry => (entry.Hash, entry.Until));

    private static IEnumerable<EntryLeaf> LeavesOf(object place) => place is EntryNode node ? node.Children.SelectMany(LeavesOf) : [(EntryLeaf)place];

    private static long BytesOf(object place) => place is EntryNode node ? EntryNode.Bytes + node.Children.Sum(BytesOf) : ((EntryLeaf)place).Bytes;

    private EntryTrie Copied()
    {
        EntryChange[] entries = [.. Entries().Select(entry => new EntryChange(entry.Hash, entry.Until, IsRemoved: false))];
        return new EntryTrie(EntryNode.Of(entries, EntryNode.FirstShift), 0, new StrongBox<long>(0), entries.Length);
    }
}
