using System.Runtime.CompilerServices;

namespace StreamScoring.Lists;

/// <summary>
/// An inner node of an <see cref="EntryTrie"/>. Each level takes four bits of the hash. A leaf may
/// stand for several neighbouring children, so one that has too many entries becomes two, not
/// sixteen.
/// </summary>
internal sealed class EntryNode
{
    public const int Bytes = 16 + (Fan * 8);

    /// <summary>
    /// A leaf is made with so many entries at most, if their hashes differ. With fewer the garbage
    /// collector has more objects to move: with 64 its longest pause was twice as long. With 512 a
    /// lookup takes longer.
    /// </summary>
    private const int LeafMax = 256;

    /// <summary>A node whose leaves hold so few becomes a leaf again.</summary>
    private const int JoinMax = LeafMax / 4;

    private const int Bits = 4, Fan = 1 << Bits;

    /// <summary>Nodes and leaves. In the object itself: one object less at each level.</summary>
    private InlineArray16<object> _children;

    private EntryNode()
    {
    }

    private EntryNode(EntryNode other) => _children = other._children;

    /// <summary>Of the root.</summary>
    public static int FirstShift => 64 - Bits;

    /// <summary>Nodes and leaves, each once.</summary>
    public IEnumerable<object> Children
    {
        get
        {
            for (var from = 0; from < Fan; from += SpanOf(from))
            {
                yield return _children[from];
            }
        }
    }

    private bool IsSmall
    {
        get
        {
            var count = 0;
            for (var from = 0; from < Fan && count <= JoinMax; from += SpanOf(from))
            {
                count += _children[from] is EntryLeaf leaf ? leaf.Count : JoinMax + 1;
            }

            return count <= JoinMax;
        }
    }

    /// <param name="place">A node or a leaf: the root.</param>
    public static EntryLeaf LeafOf(object place, EntryHash hash)
    {
        for (var shift = FirstShift; place is EntryNode node; shift -= Bits)
        {
            place = node._children[ChildOf(hash, shift)];
        }

        return (EntryLeaf)place;
    }

    /// <param name="entries">In the order of their hashes.</param>
    /// <returns>A node or a leaf.</returns>
    public static object Of(ReadOnlySpan<EntryChange> entries, int shift)
    {
        if (entries.Length <= LeafMax || shift < 0)
        {
            return new EntryLeaf(entries);
        }

        var node = new EntryNode();
        node.Fill(0, Fan, entries, shift);
        return node;
    }

    /// <param name="place">A node or a leaf.</param>
    /// <param name="changes">In the order of their hashes, each hash once.</param>
    /// <param name="version">Which they make.</param>
    /// <param name="entryCount">Changes by the entries that come and go.</param>
    /// <returns>What takes its place; itself where it has room for the changes.</returns>
    public static object With(object place, ReadOnlySpan<EntryChange> changes, int shift, long version, ref int entryCount) =>
        place is EntryNode node ? node.With(changes, shift, version, ref entryCount)
        : TryPut((EntryLeaf)place, changes, version, ref entryCount, out var entries) ? place
        : Of(entries, shift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ChildOf(EntryHash hash, int shift) => (int)(hash.High >> shift) & (Fan - 1);

    /// <param name="entries">All of the leaf, with the changes, where it has no room.</param>
    private static bool TryPut(EntryLeaf leaf, ReadOnlySpan<EntryChange> changes, long version, ref int entryCount, out ReadOnlySpan<EntryChange> entries)
    {
        entries = default;
        if (leaf.TryPut(changes, version, ref entryCount))
        {
            return true;
        }

        var before = leaf.Entries(version);
        entries = EntryLeaf.Merged(before, changes);
        entryCount += entries.Length - before.Length;
        return false;
    }

    private object With(ReadOnlySpan<EntryChange> changes, int shift, long version, ref int entryCount)
    {
        EntryNode? changed = null;
        for (int from = 0, span; from < Fan && !changes.IsEmpty; from += span)
        {
            span = SpanOf(from);
            var length = LengthUntil(changes, from + span, shift);
            if (length == 0)
            {
                continue;
            }

            var child = _children[from];
            if (child is EntryLeaf leaf)
            {
                if (!TryPut(leaf, changes[..length], version, ref entryCount, out var entries))
                {
                    (changed ??= new EntryNode(this)).Fill(from, span, entries, shift);
                }
            }
            else if (With(child, changes[..length], shift - Bits, version, ref entryCount) is var other && other != child)
            {
                (changed ??= new EntryNode(this))._children[from] = other;
            }

            changes = changes[length..];
        }

        return changed is null ? this : changed.IsSmall ? changed.Joined(version) : changed;
    }

    private EntryLeaf Joined(long version)
    {
        var entries = new List<EntryChange>();
        foreach (var leaf in Children.Cast<EntryLeaf>())
        {
            entries.AddRange(leaf.Entries(version));
        }

        return new EntryLeaf([.. entries]);
    }

    /// <summary>Puts the entries into leaves: into two where they are too many for one.</summary>
    /// <param name="span">How many children they are of; a power of two.</param>
    private void Fill(int from, int span, ReadOnlySpan<EntryChange> entries, int shift)
    {
        if (entries.Length > LeafMax && span > 1)
        {
            var half = span / 2;
            var length = LengthUntil(entries, from + half, shift);
            Fill(from, half, entries[..length], shift);
            Fill(from + half, half, entries[length..], shift);
            return;
        }

        var child = span == 1 ? Of(entries, shift - Bits) : new EntryLeaf(entries);
        ((Span<object>)_children).Slice(from, span).Fill(child);
    }

    /// <returns>How many of them are of children before that one.</returns>
    private static int LengthUntil(ReadOnlySpan<EntryChange> changes, int child, int shift)
    {
        var length = 0;
        while (length < changes.Length && ChildOf(changes[length].Hash, shift) < child)
        {
            length++;
        }

        return length;
    }

    /// <returns>How many children from this one on are one leaf.</returns>
    private int SpanOf(int from)
    {
        var to = from + 1;
        while (to < Fan && _children[to] == _children[from])
        {
            to++;
        }

        return to - from;
    }
}
