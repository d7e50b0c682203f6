using System.Runtime.InteropServices;

namespace StreamScoring.Lists;

/// <summary>
/// Entries of an <see cref="EntryTrie"/>, and behind them room for what changes next. A change is
/// written behind the earlier ones, with the version of the trie that it makes, and an earlier
/// version passes over it. So most changes copy nothing.
/// </summary>
/// <remarks>
/// One thread changes it, and any number look into it meanwhile, without a lock: what is counted
/// was written whole, and it never changes again.
/// </remarks>
internal sealed class EntryLeaf
{
    /// <summary>Of it and its array, beside what that holds.</summary>
    private const int OwnBytes = 88;

    /// <summary>Room for changes: half of the entries, but for so many at least.</summary>
    private const int RoomMin = 4;

    /// <summary>
    /// One array, as the garbage collector is slow by the object: high parts of hashes, stamps of
    /// changes, low parts of hashes, and ends where an entry ends.
    /// </summary>
    private readonly ulong[] _data;

    /// <summary>It was made with so many entries, in order; changes are behind them.</summary>
    private readonly int _entryCount;

    private readonly int _capacity;
    private readonly bool _hasEnds;

    /// <summary>The entries' first hash, and entries by hash from there on.</summary>
    private readonly ulong _first;
    private readonly double _perHash;
    private int _count;

    /// <param name="entries">In the order of their hashes.</param>
    public EntryLeaf(ReadOnlySpan<EntryChange> entries)
    {
        foreach (ref readonly var entry in entries)
        {
            _hasEnds |= entry.Until != EntryTrie.Forever;
        }

        _entryCount = entries.Length;
        _capacity = (entries.Length + Math.Max(RoomMin, entries.Length / 2) + 1) & ~1;
        _data = new ulong[_capacity + (_capacity - _entryCount) + (_capacity / 2 * (_hasEnds ? 2 : 1))];
        foreach (ref readonly var entry in entries)
        {
            Write(_count++, entry);
        }

        if (entries.Length > 1 && entries[^1].Hash.High is var last && last > entries[0].Hash.High)
        {
            (_first, _perHash) = (entries[0].Hash.High, (entries.Length - 1) / (double)(last - entries[0].Hash.High));
        }
    }

    /// <summary>Entries and changes: no version has more entries.</summary>
    public int Count => _count;

    public long Bytes => OwnBytes + (_data.LongLength * sizeof(ulong));

    /// <summary>[changes] The version that it made, and whether it removed the entry.</summary>
    private Span<ulong> Stamps => _data.AsSpan(_capacity, _capacity - _entryCount);

    private Span<uint> Lows => MemoryMarshal.Cast<ulong, uint>(_data.AsSpan((2 * _capacity) - _entryCount))[.._capacity];

    /// <summary>Empty where no entry ends.</summary>
    private Span<uint> Ends => MemoryMarshal.Cast<ulong, uint>(_data.AsSpan((2 * _capacity) - _entryCount))[_capacity..];

    public bool TryFind(EntryHash hash, long version, out uint until)
    {
        ReadOnlySpan<ulong> highs = _data;
        for (var changes = highs[_entryCount..Volatile.Read(ref _count)]; changes.LastIndexOf(hash.High) is var change and >= 0; changes = changes[..change])
        {
            if (Lows[_entryCount + change] == hash.Low && VersionOf(Stamps[change]) <= version)
            {
                var isThere = !IsRemoval(Stamps[change]);
                until = isThere ? EndOf(_entryCount + change) : 0;
                return isThere;
            }
        }

        for (var place = FirstFrom(hash.High); place < _entryCount && highs[place] == hash.High; place++)
        {
            if (Lows[place] == hash.Low)
            {
                until = EndOf(place);
                return true;
            }
        }

        until = 0;
        return false;
    }

    /// <summary>Writes the changes into the room that is left.</summary>
    /// <param name="changes">In the order of their hashes, each hash once.</param>
    /// <param name="entryCount">Changes by the entries that come and go.</param>
    /// <returns>False, and nothing is written, where there is too little room.</returns>
    public bool TryPut(ReadOnlySpan<EntryChange> changes, long version, ref int entryCount)
    {
        if (changes.Length > _capacity - _count || (!_hasEnds && HasEnd(changes)))
        {
            return false;
        }

        foreach (ref readonly var change in changes)
        {
            var wasThere = TryFind(change.Hash, version, out var until);
            if (change.IsRemoved ? !wasThere : wasThere && until == change.Until)
            {
                continue;
            }

            Write(_count, change);
            Stamps[_count - _entryCount] = ((ulong)version << 1) | (change.IsRemoved ? 1UL : 0);
            // Who reads the count must find all that it counts.
            Volatile.Write(ref _count, _count + 1);
            entryCount += (change.IsRemoved ? 0 : 1) - (wasThere ? 1 : 0);
        }

        return true;
    }

    /// <summary>The version's entries, in the order of their hashes.</summary>
    public ReadOnlySpan<EntryChange> Entries(long version)
    {
        var count = Volatile.Read(ref _count);
        var entries = new EntryChange[_entryCount];
        for (var place = 0; place < entries.Length; place++)
        {
            entries[place] = new EntryChange(HashOf(place), EndOf(place), IsRemoved: false);
        }

        // Of one entry the last change counts.
        var changes = new SortedDictionary<EntryHash, EntryChange>();
        for (var place = _entryCount; place < count && Stamps[place - _entryCount] is var stamp && VersionOf(stamp) <= version; place++)
        {
            changes[HashOf(place)] = new EntryChange(HashOf(place), EndOf(place), IsRemoval(stamp));
        }

        return Merged(entries, changes.Values.ToArray());
    }

    /// <param name="entries">In the order of their hashes, as the changes are.</param>
    public static ReadOnlySpan<EntryChange> Merged(ReadOnlySpan<EntryChange> entries, ReadOnlySpan<EntryChange> changes)
    {
        if (changes.IsEmpty)
        {
            return entries;
        }

        var merged = new EntryChange[entries.Length + changes.Length];
        var count = 0;
        foreach (ref readonly var change in changes)
        {
            while (!entries.IsEmpty && entries[0].Hash.CompareTo(change.Hash) < 0)
            {
                merged[count++] = entries[0];
                entries = entries[1..];
            }

            entries = !entries.IsEmpty && entries[0].Hash == change.Hash ? entries[1..] : entries;
            if (!change.IsRemoved)
            {
                merged[count++] = change;
            }
        }

        entries.CopyTo(merged.AsSpan(count));
        return merged.AsSpan(0, count + entries.Length);
    }

    private static long VersionOf(ulong stamp) => (long)(stamp >> 1);

    private static bool IsRemoval(ulong stamp) => (stamp & 1) != 0;

    private static bool HasEnd(ReadOnlySpan<EntryChange> changes)
    {
        foreach (ref readonly var change in changes)
        {
            if (!change.IsRemoved && change.Until != EntryTrie.Forever)
            {
                return true;
            }
        }

        return false;
    }

    /// <returns>The first entry whose hash is not less.</returns>
    private int FirstFrom(ulong high)
    {
        // Hashes are spread evenly, so it is a few places from here: in one or two lines of cache,
        // where a binary search reads five.
        var place = high < _first ? 0 : Math.Min(_entryCount, (int)((high - _first) * _perHash));
        var highs = _data.AsSpan(0, _entryCount);
        for (; place < highs.Length && highs[place] < high; place++)
        {
        }

        for (; place > 0 && highs[place - 1] >= high; place--)
        {
        }

        return place;
    }

    private EntryHash HashOf(int place) => new(_data[place], Lows[place]);

    private uint EndOf(int place) => _hasEnds ? Ends[place] : EntryTrie.Forever;

    private void Write(int place, EntryChange entry)
    {
        (_data[place], Lows[place]) = (entry.Hash.High, entry.Hash.Low);
        if (_hasEnds)
        {
            Ends[place] = entry.Until;
        }
    }
}
