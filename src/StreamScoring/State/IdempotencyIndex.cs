using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace StreamScoring.State;

/// <summary>
/// Which payments were folded lately, so that one that is published again changes nothing. A payment stays while its log has moved on by no
/// more than the window (log timestamps, of its own log): whether a record is a duplicate then follows from the log alone, however logs
/// were interleaved. Beyond a number of payments the oldest go early, which is counted.
/// </summary>
/// <remarks>
/// A payment is its id and its content. The table's slot of an id holds the newest payment of that id, so that nearly always one look says
/// whether a payment is new. Where ids are given to several payments, each older one has a slot by id and content. So the newest is the last
/// of them to go, and while any of them is there, the id's slot is.
///
/// Slots are drawn by a secret of the process. Nothing that can be seen depends on it.
///
/// Of two logs (a payment that went to two regions) records of one payment are duplicates where their timestamps are no further apart than the
/// window; and a payment stays for as long as a log may still bring such a record: its own or another, cut off, away or repeated by a mirror. So of
/// two copies one counts, whichever comes first, on all sides of a link that was cut.
/// </remarks>
public sealed unsafe class IdempotencyIndex
{
    /// <summary>
    /// The table is many small ones, each of which doubles by itself: with millions of payments one large one would hold up the fold for tens of milliseconds.
    /// With so many payments each takes some ten microseconds. Outside the collector's heap, as all tables double at about the same time: tens of megabytes that
    /// live for minutes would be garbage then, and copied before.
    /// </summary>
    private const int TablePaymentsMax = 1 << 11;

    private const int TableSlotsFirst = 8;

    /// <summary>In a slot: the entry stands there by its id and content, not by its id.</summary>
    private const uint OlderMark = 1U << 31;

    private readonly long _windowMs;
    private readonly long _keepMs;
    private readonly int _paymentsMax;
    private readonly long[] _newestMs;
    private readonly SequenceRing<Entry> _ring;

    /// <summary>By a home's highest bits.</summary>
    private readonly SlotTable[] _tables;

    /// <summary>Multipliers of the home's three words, and of their sum. Odd, so that nothing is lost.</summary>
    private readonly ulong _lowFactor, _highFactor, _contentFactor, _sumFactor;
    private readonly int _tablesLog2;
    private readonly int _placeMask;
    private long _slotCount;
    private long _head;
    private long _tail;
    private long _wholeUntilMs = long.MaxValue;

    /// <summary>Entries that stand by id and content: 0 while every id is of one payment.</summary>
    private int _olderCount;

    /// <param name="logCount">Logs of the process.</param>
    /// <param name="paymentsMax">At most 2^28.</param>
    /// <param name="hasMirror">
    /// Whether a log is a mirror's, which may bring a record again for as long as the window: a copy at the window's end then comes after two.
    /// </param>
    public IdempotencyIndex(int logCount, TimeSpan window, int paymentsMax, bool hasMirror = false)
    {
        Invariant.Require(paymentsMax is > 0 and <= 1 << 28);
        Span<ulong> factors = stackalloc ulong[4];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(factors));
        (_lowFactor, _highFactor, _contentFactor, _sumFactor) = (factors[0] | 1, factors[1] | 1, factors[2] | 1, factors[3] | 1);
        (_windowMs, _paymentsMax) = ((long)window.TotalMilliseconds, paymentsMax);
        _keepMs = hasMirror ? 2 * _windowMs : _windowMs;
        _newestMs = new long[logCount];
        _newestMs.AsSpan().Fill(long.MinValue);
        _ring = new SequenceRing<Entry>(paymentsMax);
        _placeMask = _ring.Places - 1;
        _tablesLog2 = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, paymentsMax / TablePaymentsMax)));
        _tables = new SlotTable[1 << _tablesLog2];
        MakeTables(TableSlotsFirst);
    }

    /// <summary>The number that the next entry gets, in order of adding.</summary>
    internal long Head => _head;

    /// <summary>The number of the oldest entry.</summary>
    internal long Tail => _tail;

    /// <summary>A payment stays until all logs are whole for so long after it.</summary>
    internal long KeepMs => _keepMs;

    /// <summary>By log: nothing that is a duplicate of an entry of that log comes with a timestamp before this.</summary>
    internal long WholeUntilMs(int logIndex) => Math.Min(_newestMs[logIndex], _wholeUntilMs);

    internal static bool IsOver(in Entry entry, long wholeUntilMs, long keepMs) => wholeUntilMs > entry.TimestampMs && wholeUntilMs - entry.TimestampMs > keepMs;

    /// <summary>Payments held.</summary>
    public int Count => (int)(_head - _tail);

    public long AllocatedBytes => _ring.AllocatedBytes + (_slotCount * sizeof(ulong));

    /// <summary>Slots looked at so far, in all look-ups: for tests of their cost.</summary>
    internal long Probes { get; private set; }

    /// <summary>Payments that went before their window was over, because there were too many.</summary>
    public long EvictedEarly { get; private set; }

    /// <summary>Newest timestamp of each log, ms since the Unix epoch: with the entries all that the index is.</summary>
    public ReadOnlySpan<long> NewestMs => _newestMs;

    /// <summary>A payment as the index holds it.</summary>
    /// <param name="Hash">Of the payment's id; 0 stands for no payment.</param>
    /// <param name="Content">Hash of what else makes it that payment.</param>
    public readonly record struct Entry(UInt128 Hash, ulong Content, long Offset, long TimestampMs, int LogIndex);

    ~IdempotencyIndex()
    {
        // Null where the constructor threw.
        foreach (var table in _tables ?? [])
        {
            NativeMemory.Free(table.Slots);
        }
    }

    /// <summary>Notes a record of a log, before its payment is looked for.</summary>
    public void Advance(int logIndex, long timestampMs)
    {
        ref var newest = ref _newestMs[logIndex];
        if (timestampMs > newest)
        {
            newest = timestampMs;
        }
    }

    /// <summary>From now on no log brings a record of before this time, ms since the Unix epoch, but for what a mirror repeats.</summary>
    public void AreWholeUntil(long timeMs) => _wholeUntilMs = timeMs;

    /// <summary>Makes room once for payments that are about to be added to an empty index.</summary>
    public void Expect(int paymentCount)
    {
        Invariant.Require(Count == 0);
        // A fifth more than each gets on average: some get more.
        var each = Math.Clamp(paymentCount, 0, _paymentsMax) / _tables.Length;
        MakeTables((int)Math.Max(TableSlotsFirst, BitOperations.RoundUpToPowerOf2((uint)(2 * (each + (each / 5))))));
    }

    /// <summary>
    /// Brings into the cache where payments will be looked for, and where those stand that go to make room for them. They lie all over a table of as
    /// many as millions, so each would be a cache miss otherwise, one after the other.
    /// </summary>
    public void Prefetch(ReadOnlySpan<UInt128> hashes)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        foreach (ref readonly var hash in hashes)
        {
            PrefetchSlot(hash);
        }

        var goingCount = Math.Min(hashes.Length, Count);
        for (var i = 0; i < goingCount; i++)
        {
            PrefetchSlot(_ring.At(_tail + i).Hash);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Looks a payment up, and adds it where it is not there.</summary>
    /// <param name="other">What came first where it was there; where its id is another payment's, that one's record; else the entry itself.</param>
    /// <param name="sequence">The number, in order of adding, of the payment's first record.</param>
    public Finding FindOrAdd(in Entry entry, out Entry other, out long sequence)
    {
        EvictOld();
        if (Count == _paymentsMax)
        {
            EvictedEarly++;
            Evict();
        }

        var home = HomeOf(entry.Hash);
        ref var table = ref TableOf(home);
        var slot = SlotOf(table, home, entry.Hash);
        other = entry;
        var finding = Finding.New;
        if (table.Slots[slot] == 0)
        {
            if (MakeRoom(ref table))
            {
                slot = SlotOf(table, home, entry.Hash);
            }
        }
        else
        {
            var newest = EntryAt(table.Slots[slot], out sequence);
            if (newest.Content == entry.Content)
            {
                if (IsDuplicate(entry, newest))
                {
                    other = newest;
                    return Finding.Duplicate;
                }

                // Its window is over, but an older one of a log that stands still keeps it from the end of the ring: the new one takes its place.
                _ring.At(sequence) = default;
            }
            else
            {
                if (TryFindOlder(entry, out var same, out var sameSequence))
                {
                    if (IsDuplicate(entry, same))
                    {
                        (other, sequence) = (same, sameSequence);
                        return Finding.Duplicate;
                    }

                    RemoveOlder(same, sameSequence);
                    _ring.At(sameSequence) = default;
                }

                if (IsDuplicate(entry, newest))
                {
                    (other, finding) = (newest, Finding.Conflicting);
                }

                AddOlder(newest, sequence);
                // That may have moved what stands in this table.
                slot = SlotOf(table, home, entry.Hash);
            }
        }

        sequence = _head++;
        _ring.Open(sequence);
        _ring.At(sequence) = entry;
        table.Slots[slot] = Held(home, sequence, 0);
        GC.KeepAlive(this);
        return finding;
    }

    /// <summary>Looks a payment up, whether or not its window is over.</summary>
    public bool TryFind(UInt128 hash, ulong content, out Entry first, out long sequence)
    {
        var home = HomeOf(hash);
        ref var table = ref TableOf(home);
        var held = table.Slots[SlotOf(table, home, hash)];
        (first, sequence) = (default, -1);
        if (held == 0)
        {
            return false;
        }

        first = EntryAt(held, out sequence);
        var isFound = first.Content == content || TryFindOlder(new Entry(hash, content, 0, 0, 0), out first, out sequence);
        GC.KeepAlive(this);
        return isFound;
    }

    /// <summary>All entries whose window is not over, oldest first.</summary>
    public Entry[] ToArray()
    {
        var copy = new IdempotencyCopy(this);
        return copy.Step(int.MaxValue) ? [.. copy.End()] : throw new InvalidOperationException("one step copies all");
    }

    /// <summary>Copies entries by their numbers, all of which are between <see cref="Tail"/> and <see cref="Head"/>. Some may be empty.</summary>
    internal void CopyTo(long sequence, Span<Entry> entries)
    {
        Invariant.Require(sequence >= _tail && sequence + entries.Length <= _head);
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = _ring.At(sequence + i);
        }

        GC.KeepAlive(_ring);
    }

    private bool IsDuplicate(in Entry entry, in Entry first) => entry.LogIndex == first.LogIndex
        ? _newestMs[first.LogIndex] - first.TimestampMs <= _windowMs
        : Math.Abs(entry.TimestampMs - first.TimestampMs) <= _windowMs;

    private bool IsOver(in Entry entry) => IsOver(entry, WholeUntilMs(entry.LogIndex), _keepMs);

    private void EvictOld()
    {
        while (Count > 0 && _ring.At(_tail) is var oldest && (oldest.Hash == UInt128.Zero || IsOver(oldest)))
        {
            Evict();
        }
    }

    private void Evict()
    {
        ref var oldest = ref _ring.At(_tail);
        if (oldest.Hash != UInt128.Zero)
        {
            var home = HomeOf(oldest.Hash);
            if (!TableOf(home).TryRemove(Held(home, _tail, 0)))
            {
                RemoveOlder(oldest, _tail);
            }

            oldest = default;
        }

        if ((++_tail & (SequenceRing<Entry>.ChunkItems - 1)) == 0)
        {
            _ring.Close(_tail - 1);
        }
    }

    private bool TryFindOlder(in Entry entry, out Entry found, out long sequence)
    {
        (found, sequence) = (default, -1);
        if (_olderCount == 0)
        {
            return false;
        }

        var home = HomeOf(entry);
        ref var table = ref TableOf(home);
        var slot = (int)home & table.Mask;
        for (; table.Slots[slot] is var held && held != 0; slot = (slot + 1) & table.Mask)
        {
            Probes++;
            if (SlotTable.HomeOf(held) == (int)home && IsOlder(held) && EntryAt(held, out sequence) is var candidate
                && candidate.Hash == entry.Hash && candidate.Content == entry.Content)
            {
                found = candidate;
                return true;
            }
        }

        sequence = -1;
        return false;
    }

    /// <summary>Gives a payment a slot by id and content; a newer one is about to take that of the id.</summary>
    private void AddOlder(in Entry entry, long sequence)
    {
        var home = HomeOf(entry);
        ref var table = ref TableOf(home);
        MakeRoom(ref table);
        table.Put(Held(home, sequence, OlderMark));
        _olderCount++;
    }

    private void RemoveOlder(in Entry entry, long sequence)
    {
        var home = HomeOf(entry);
        Invariant.Require(TableOf(home).TryRemove(Held(home, sequence, OlderMark)));
        _olderCount--;
    }

    /// <summary>Where an id's slot is: the table's number above, then the slot before the table's mask. Ids that were made to meet do not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong HomeOf(UInt128 hash) => Mixed(((ulong)hash * _lowFactor) + ((ulong)(hash >> 64) * _highFactor));

    private ulong HomeOf(in Entry entry) =>
        Mixed(((ulong)entry.Hash * _lowFactor) + ((ulong)(entry.Hash >> 64) * _highFactor) + (entry.Content * _contentFactor));

    /// <summary>Of a product the high bits are the good ones: they go to both ends, and words in a row do not stay in a row.</summary>
    private ulong Mixed(ulong sum)
    {
        var product = (sum ^ (sum >> 32)) * _sumFactor;
        return product ^ (product >> 32);
    }

    private ref SlotTable TableOf(ulong home) => ref _tables[(int)(home >> 32 >> (32 - _tablesLog2))];

    /// <summary>
    /// What a slot holds: the place of an entry in the ring, plus one, below 32 bits of its home, which say nearly always that it is another payment:
    /// without a look at the ring, which would be a cache miss.
    /// </summary>
    private ulong Held(ulong home, long sequence, uint mark) => (home << 32) | mark | (uint)((int)(sequence & _placeMask) + 1);

    private static bool IsOlder(ulong held) => ((uint)held & OlderMark) != 0;

    private static int PlaceOf(ulong held) => (int)((uint)held & ~OlderMark) - 1;

    /// <returns>The table's slot that holds the newest payment of an id, or the free one where it belongs.</returns>
    private int SlotOf(in SlotTable table, ulong home, UInt128 hash)
    {
        var slot = (int)home & table.Mask;
        while (table.Slots[slot] is var held && held != 0 && (SlotTable.HomeOf(held) != (int)home || IsOlder(held) || _ring.At(PlaceOf(held)).Hash != hash))
        {
            slot = (slot + 1) & table.Mask;
            Probes++;
        }

        return slot;
    }

    private Entry EntryAt(ulong held, out long sequence)
    {
        // The ring holds sequences tail .. head - 1, each at its own number modulo the ring's length.
        sequence = _tail + ((PlaceOf(held) - _tail) & _placeMask);
        return _ring.At(sequence);
    }

    private void PrefetchSlot(UInt128 hash)
    {
        var home = HomeOf(hash);
        ref var table = ref TableOf(home);
        Sse.Prefetch0(table.Slots + ((int)home & table.Mask));
    }

    private void MakeTables(int slotCount)
    {
        for (var i = 0; i < _tables.Length; i++)
        {
            NativeMemory.Free(_tables[i].Slots);
            _tables[i] = new SlotTable(slotCount);
        }

        _slotCount = (long)_tables.Length * slotCount;
    }

    /// <returns>True where the table's slots moved.</returns>
    private bool MakeRoom(ref SlotTable table)
    {
        var added = table.MakeRoom();
        _slotCount += added;
        return added > 0;
    }
}
