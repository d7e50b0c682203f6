using System.Runtime.CompilerServices;

namespace StreamScoring.Lists;

/// <summary>
/// Hashes, each with a time until which it counts. It never changes: a change gives another trie,
/// which shares all that stayed. So whoever decides by one goes on with it, and no change takes
/// longer than the entries that it changes, however many others there are.
/// </summary>
/// <remarks>
/// Each level takes three bits of the hash. A leaf holds up to 64 hashes in order: 12 bytes each,
/// and 4 more in a leaf where an entry ends.
/// </remarks>
internal sealed class EntryTrie
{
    /// <summary>Ends are whole seconds in 32 bits: enough until the year 2106.</summary>
    public const uint Forever = uint.MaxValue;

    private const int LeafMax = 64, Bits = 3, Fan = 1 << Bits, FirstShift = 64 - Bits;

    /// <summary>A node with so few entries below it becomes a leaf again.</summary>
    private const int JoinMax = LeafMax / 4;

    /// <summary>Of a node and its arrays, beside what they hold.</summary>
    private const int NodeBytes = 48, ArrayBytes = 24;

    private readonly EntryTrie[]? _children;
    private readonly EntryHash[] _hashes;

    /// <summary>[hashes] Null where no entry of the leaf ends.</summary>
    private readonly uint[]? _until;

    private EntryTrie(EntryHash[] hashes, uint[]? until) => (_hashes, _until, Count) = (hashes, until, hashes.Length);

    private EntryTrie(EntryTrie[] children) => (_children, _hashes, Count) = (children, [], CountOf(children));

    public static EntryTrie Empty { get; } = new([], null);

    public int Count { get; }

    /// <summary>Bytes of it, about; it walks all of its nodes.</summary>
    public long Bytes => _children is null
        ? NodeBytes + ArrayBytes + (_hashes.LongLength * EntryHash.Size) + (_until is null ? 0 : ArrayBytes + (_until.LongLength * sizeof(uint)))
        : NodeBytes + ArrayBytes + (Fan * IntPtr.Size) + _children.Sum(child => child == Empty ? 0 : child.Bytes);

    /// <param name="until">See <see cref="EntryChange.Until"/>.</param>
    public bool TryFind(EntryHash hash, out uint until)
    {
        var node = this;
        for (var shift = FirstShift; node._children is { } children; shift -= Bits)
        {
            node = children[ChildOf(hash, shift)];
        }

        var place = node._hashes.AsSpan().BinarySearch(hash);
        until = place < 0 ? 0 : node._until is { } ends ? ends[place] : Forever;
        return place >= 0;
    }

    /// <param name="nowMs">ms since the Unix epoch.</param>
    public bool Contains(EntryHash hash, long nowMs) => TryFind(hash, out var until) && (until == Forever || nowMs < until * 1000L);

    /// <param name="changes">In the order of their hashes, each hash once.</param>
    public EntryTrie With(ReadOnlySpan<EntryChange> changes) => changes.IsEmpty ? this : With(changes, FirstShift);

    /// <summary>All entries, in the order of their hashes.</summary>
    public IEnumerable<(EntryHash Hash, uint Until)> Entries()
    {
        if (_children is null)
        {
            for (var i = 0; i < _hashes.Length; i++)
            {
                yield return (_hashes[i], _until is null ? Forever : _until[i]);
            }

            yield break;
        }

        foreach (var entry in _children.SelectMany(child => child.Entries()))
        {
            yield return entry;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ChildOf(EntryHash hash, int shift) => (int)(hash.High >> shift) & (Fan - 1);

    private static int CountOf(EntryTrie[] children)
    {
        var count = 0;
        foreach (var child in children)
        {
            count += child.Count;
        }

        return count;
    }

    private EntryTrie With(ReadOnlySpan<EntryChange> changes, int shift)
    {
        if (_children is null)
        {
            return Merged(changes, shift);
        }

        var children = new EntryTrie[Fan];
        for (var i = 0; i < Fan; i++)
        {
            var length = 0;
            while (length < changes.Length && ChildOf(changes[length].Hash, shift) == i)
            {
                length++;
            }

            children[i] = length == 0 ? _children[i] : _children[i].With(changes[..length], shift - Bits);
            changes = changes[length..];
        }

        var node = new EntryTrie(children);
        return node.Count > JoinMax ? node : Joined(node);
    }

    private static EntryTrie Joined(EntryTrie node)
    {
        var entries = node.Entries().ToList();
        return Of([.. entries.Select(entry => entry.Hash)], [.. entries.Select(entry => entry.Until)], shift: -1);
    }

    /// <summary>A leaf with the changes, or a node where these are too many for one.</summary>
    private EntryTrie Merged(ReadOnlySpan<EntryChange> changes, int shift)
    {
        // Most often few entries come to a leaf that has room.
        var (total, ends) = CountWith(changes);
        var (hashes, until) = (new EntryHash[total], ends ? new uint[total] : null);
        var (count, place) = (0, 0);
        foreach (ref readonly var change in changes)
        {
            while (place < _hashes.Length && _hashes[place].CompareTo(change.Hash) < 0)
            {
                Put(_hashes[place], _until is null ? Forever : _until[place]);
                place++;
            }

            place += place < _hashes.Length && _hashes[place] == change.Hash ? 1 : 0;
            if (!change.IsRemoved)
            {
                Put(change.Hash, change.Until);
            }
        }

        for (; place < _hashes.Length; place++)
        {
            Put(_hashes[place], _until is null ? Forever : _until[place]);
        }

        Invariant.Require(count == total);
        return total == 0 ? Empty : total <= LeafMax || shift < 0 ? new EntryTrie(hashes, until) : Split(hashes, until, shift);

        void Put(EntryHash hash, uint end)
        {
            hashes[count] = hash;
            if (until is not null)
            {
                until[count] = end;
            }

            count++;
        }
    }

    /// <summary>
    /// How many entries the leaf has with the changes, and whether any of them may end.
    /// </summary>
    private (int Count, bool Ends) CountWith(ReadOnlySpan<EntryChange> changes)
    {
        var (count, ends) = (_hashes.Length, _until is not null);
        foreach (ref readonly var change in changes)
        {
            count += (change.IsRemoved ? 0 : 1) - (_hashes.AsSpan().BinarySearch(change.Hash) < 0 ? 0 : 1);
            ends = ends || (!change.IsRemoved && change.Until != Forever);
        }

        return (count, ends);
    }

    /// <param name="until">Empty where none ends.</param>
    private static EntryTrie Of(ReadOnlySpan<EntryHash> hashes, ReadOnlySpan<uint> until, int shift) =>
        hashes.IsEmpty ? Empty
        : hashes.Length <= LeafMax || shift < 0 ? new EntryTrie(hashes.ToArray(), until.ContainsAnyExcept(Forever) ? until.ToArray() : null)
        : Split(hashes, until, shift);

    private static EntryTrie Split(ReadOnlySpan<EntryHash> hashes, ReadOnlySpan<uint> until, int shift)
    {
        var children = new EntryTrie[Fan];
        for (var i = 0; i < Fan; i++)
        {
            var length = 0;
            while (length < hashes.Length && ChildOf(hashes[length], shift) == i)
            {
                length++;
            }

            children[i] = Of(hashes[..length], until.IsEmpty ? until : until[..length], shift - Bits);
            hashes = hashes[length..];
            until = until.IsEmpty ? until : until[length..];
        }

        return new EntryTrie(children);
    }
}
