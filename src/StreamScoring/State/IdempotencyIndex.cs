using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using StreamScoring.Regions;

namespace StreamScoring.State;

/// <summary>
/// Which payments were folded lately, so that one that is published again changes nothing. Records of one payment are duplicates where
/// their timestamps are no further apart than the window, and the first is still known: its log's clock has not moved on by more than
/// the window since (<see cref="LogBlocks"/>). So whether a record is a duplicate of one of its own log follows from that log alone,
/// however logs were interleaved; and no record, whatever its timestamp, makes another be forgotten. A payment goes early where
/// as many as the index may hold came after it, which is counted.
/// </summary>
/// <remarks>
/// A payment is its id and its content. The table's slot of an id holds the newest payment of that id, so that nearly always one look says
/// whether a payment is new. Where ids are given to several payments, each older one has a slot by id and content.
///
/// Slots are drawn by a secret of the process. Nothing that can be seen depends on it.
///
/// Of a payment that went to two regions: it stays for as long as a log may still bring such a record: its own or another, cut off, away
/// or repeated by a mirror. So of two copies one counts, whichever comes first, on all sides of a link that was cut.
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

    /// <summary>
    /// For each payment that comes so many entries are looked at, at the ring's end and, where that one stays, by a hand that goes around:
    /// an entry of a log that brings little stays for long, and must not keep those behind it. It is more than one, so it keeps up.
    /// </summary>
    private const int TailSteps = 4, HandSteps = 2;

    /// <summary>In a slot: the entry stands there by its id and content, not by its id.</summary>
    private const uint OlderMark = 1U << 31;

    private readonly long _windowMs;
    private readonly long _keepMs;
    private readonly int _paymentsMax;
    private readonly LogBlocks[] _blocks;
    private readonly SequenceRing<Entry> _ring;

    /// <summary>By chunk of the ring: entries that are held. A chunk without any is given back, wherever it lies.</summary>
    private readonly short[] _held;

    /// <summary>By a home's highest bits.</summary>
    private readonly SlotTable[] _tables;

    /// <summary>Multipliers of the home's three words, and of their sum. Odd, so that nothing is lost.</summary>
    private readonly ulong _lowFactor, _highFactor, _contentFactor, _sumFactor;
    private readonly int _tablesLog2;
    private readonly int _placeMask;
    private long _slotCount;
    private long _head;
    private long _tail;
    private long _hand;
    private int _count;
    private long _wholeUntilMs = long.MaxValue;

    /// <summary>Entries that stand by id and content: 0 while every id is of one payment.</summary>
    private int _olderCount;

    /// <param name="logCount">Logs of the process.</param>
    /// <param name="paymentsMax">At most 2^28.</param>
    /// <param name="hasMirror">
    /// Whether a log is a mirror's, which may bring a record again for as long as the window: a copy at the window's end then comes after two.
    /// </param>
    /// <param name="blockRecords">Of the logs' clocks.</param>
    public IdempotencyIndex(
        int logCount, TimeSpan window, int paymentsMax, bool hasMirror = false, int blockRecords = LogClock.BlockRecordsDefault)
    {
        Invariant.Require(paymentsMax is > 0 and <= 1 << 28);
        Span<ulong> factors = stackalloc ulong[4];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(factors));
        (_lowFactor, _highFactor, _contentFactor, _sumFactor) = (factors[0] | 1, factors[1] | 1, factors[2] | 1, factors[3] | 1);
        (_windowMs, _paymentsMax) = ((long)window.TotalMilliseconds, paymentsMax);
        _keepMs = hasMirror ? 2 * _windowMs : _windowMs;
        _blocks = [.. Enumerable.Range(0, logCount).Select(_ => new LogBlocks(_windowMs, _keepMs, blockRecords))];
        _ring = new SequenceRing<Entry>(paymentsMax);
        _held = new short[_ring.Places / SequenceRing<Entry>.ChunkItems];
        _placeMask = _ring.Places - 1;
        _tablesLog2 = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, paymentsMax / TablePaymentsMax)));
        _tables = new SlotTable[1 << _tablesLog2];
        MakeTables(TableSlotsFirst);
    }

    /// <summary>The number that the next entry gets, in order of adding.</summary>
    internal long Head => _head;

    /// <summary>The number of the oldest entry.</summary>
    internal long Tail => _tail;

    /// <summary>Payments held.</summary>
    public int Count => _count;

    public long AllocatedBytes => _ring.AllocatedBytes + (_slotCount * sizeof(ulong));

    /// <summary>Slots looked at so far, in all look-ups: for tests of their cost.</summary>
    internal long Probes { get; private set; }

    /// <summary>Payments that went before their window was over, because there were too many.</summary>
    public long EvictedEarly { get; private set; }

    /// <summary>By a log's records: its clock, and the newest timestamp, ms since the Unix epoch; <see cref="long.MinValue"/> where there is none.</summary>
    public (long NowMs, long NewestMs) TimesOf(int logIndex) => (_blocks[logIndex].NowMs, _blocks[logIndex].NewestMs);

    /// <summary>By log: its clock and blocks. With the entries all that the index is.</summary>
    internal IReadOnlyList<LogBlocks> Blocks => _blocks;

    /// <summary>A payment as the index holds it.</summary>
    /// <param name="Hash">Of the payment's id; 0 stands for no payment.</param>
    /// <param name="Content">Hash of what else makes it that payment.</param>
    /// <param name="Block">Of its log's clock (<see cref="LogBlocks"/>). The index sets it.</param>
    public readonly record struct Entry(UInt128 Hash, ulong Content, long Offset, long TimestampMs, int LogIndex, int Block = 0);

    /// <summary>What need not be held any more, at some moment: it stays true of an entry for which it is.</summary>
    /// <param name="firstHeld">By log.</param>
    internal readonly struct Horizon(int[] firstHeld, long wholeUntilMs, long keepMs)
    {
        public bool IsBehind(in Entry entry) => IdempotencyIndex.IsOver(entry, firstHeld[entry.LogIndex], wholeUntilMs, keepMs);
    }

    ~IdempotencyIndex()
    {
        // Null where the constructor threw.
        foreach (var table in _tables ?? [])
        {
            NativeMemory.Free(table.Slots);
        }
    }

    /// <summary>Notes a record of a log, behind what is done with its payment.</summary>
    public void Advance(int logIndex, long timestampMs) => _blocks[logIndex].Note(timestampMs, _wholeUntilMs);

    /// <summary>From now on no log brings a record of before this time, ms since the Unix epoch, but for what a mirror repeats.</summary>
    public void AreWholeUntil(long timeMs)
    {
        if (timeMs == _wholeUntilMs)
        {
            return;
        }

        _wholeUntilMs = timeMs;
        foreach (var blocks in _blocks)
        {
            blocks.Forget(timeMs);
        }
    }

    /// <summary>What need not be held any more now.</summary>
    internal Horizon HorizonNow() => new([.. _blocks.Select(blocks => blocks.FirstHeld)], _wholeUntilMs, _keepMs);

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

        var goingEnd = Math.Min(_head, _tail + hashes.Length);
        for (var going = _tail; going < goingEnd && _ring.IsOpen(going); going++)
        {
            PrefetchSlot(_ring.At(going).Hash);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Looks a payment up, and adds it where it is not there.</summary>
    /// <param name="other">What came first where it was there; where its id is another payment's, that one's record; else the entry itself.</param>
    /// <param name="sequence">The number, in order of adding, of the payment's first record.</param>
    public Finding FindOrAdd(in Entry entry, out Entry other, out long sequence)
    {
        MakeRoom();
        var finding = Finding.New;
        other = entry with { Block = _blocks[entry.LogIndex].Current };
        var added = other;
        if (TryFindNewest(entry.Hash, out var newest, out sequence))
        {
            if (IsDuplicate(entry, newest))
            {
                other = newest;
                finding = newest.Content == entry.Content ? Finding.Duplicate : Finding.Conflicting;
            }
        }

        if (finding != Finding.Duplicate && TryFindOlder(entry, out var same, out var sameSequence) && IsDuplicate(entry, same))
        {
            (other, sequence, finding) = (same, sameSequence, Finding.Duplicate);
        }

        if (finding != Finding.Duplicate)
        {
            sequence = Put(added);
        }

        GC.KeepAlive(this);
        return finding;
    }

    /// <summary>Adds what an index held, in its order. Of a payment that stands twice the later holds.</summary>
    public void Restore(in Entry entry)
    {
        MakeRoom();
        Put(entry);
        GC.KeepAlive(this);
    }

    /// <summary>Looks a payment up, whether or not its window is over.</summary>
    public bool TryFind(UInt128 hash, ulong content, out Entry first, out long sequence)
    {
        var isFound = (TryFindNewest(hash, out first, out sequence) && first.Content == content)
            || TryFindOlder(new Entry(hash, content, 0, 0, 0), out first, out sequence);
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
            entries[i] = _ring.IsOpen(sequence + i) ? _ring.At(sequence + i) : default;
        }

        GC.KeepAlive(_ring);
    }

    private static bool IsOver(in Entry entry, int firstHeld, long wholeUntilMs, long keepMs) =>
        // Where other regions are read, a copy may come as long as no log is whole up to its time, whatever the clock of the first one's log says.
        entry.Block < firstHeld && (wholeUntilMs == long.MaxValue || LogClock.IsPast(wholeUntilMs, entry.TimestampMs, keepMs));

    private bool IsDuplicate(in Entry entry, in Entry first) =>
        !LogClock.IsPast(Math.Max(entry.TimestampMs, first.TimestampMs), Math.Min(entry.TimestampMs, first.TimestampMs), _windowMs)
        && (entry.LogIndex != first.LogIndex || first.Block >= _blocks[first.LogIndex].FirstKnown);

    private bool IsOver(in Entry entry) => IsOver(entry, _blocks[entry.LogIndex].FirstHeld, _wholeUntilMs, _keepMs);

    /// <summary>Lets some go that are over, a few at a time: a night may make all of them be over at once.</summary>
    private void MakeRoom()
    {
        for (var step = 0; step < TailSteps && _tail < _head; step++)
        {
            if (_ring.IsOpen(_tail) && _ring.At(_tail) is var oldest && oldest.Hash != UInt128.Zero)
            {
                if (!IsOver(oldest))
                {
                    LookAround();
                    break;
                }

                Remove(_tail);
            }

            _tail = Next(_tail);
        }

        if (_head - _tail == _paymentsMax)
        {
            if (_ring.IsOpen(_tail) && _ring.At(_tail).Hash != UInt128.Zero)
            {
                EvictedEarly++;
                Remove(_tail);
            }

            _tail = Next(_tail);
        }
    }

    private void LookAround()
    {
        for (var step = 0; step < HandSteps; step++)
        {
            _hand = _hand > _tail && _hand < _head ? _hand : _tail + 1;
            if (_hand >= _head)
            {
                return;
            }

            if (_ring.IsOpen(_hand) && _ring.At(_hand) is var entry && entry.Hash != UInt128.Zero && IsOver(entry))
            {
                Remove(_hand);
            }

            _hand = Next(_hand);
        }
    }

    /// <returns>The number behind, or the next chunk's first where the number's chunk holds nothing.</returns>
    private long Next(long sequence) =>
        _ring.IsOpen(sequence) ? sequence + 1 : Math.Min(_head, (sequence | (SequenceRing<Entry>.ChunkItems - 1)) + 1);

    /// <summary>Makes an entry the newest payment of its id.</summary>
    /// <returns>Its number.</returns>
    private long Put(in Entry entry)
    {
        if (TryFindOlder(entry, out var same, out var sameSequence))
        {
            // It is forgotten and still there: the new one takes its place.
            RemoveOlder(same, sameSequence);
            Clear(sameSequence);
        }

        var home = HomeOf(entry.Hash);
        ref var table = ref TableOf(home);
        var slot = SlotOf(table, home, entry.Hash);
        if (table.Slots[slot] == 0)
        {
            if (MakeRoom(ref table))
            {
                slot = SlotOf(table, home, entry.Hash);
            }
        }
        else if (EntryAt(table.Slots[slot], out var sequenceBefore) is var newest && newest.Content == entry.Content)
        {
            Clear(sequenceBefore);
        }
        else
        {
            AddOlder(newest, sequenceBefore);
            // That may have moved what stands in this table.
            slot = SlotOf(table, home, entry.Hash);
        }

        var sequence = _head++;
        _ring.Open(sequence);
        _ring.At(sequence) = entry;
        _held[ChunkOf(sequence)]++;
        _count++;
        table.Slots[slot] = Held(home, sequence, 0);
        return sequence;
    }

    private void Remove(long sequence)
    {
        ref var entry = ref _ring.At(sequence);
        var home = HomeOf(entry.Hash);
        if (!TableOf(home).TryRemove(Held(home, sequence, 0)))
        {
            RemoveOlder(entry, sequence);
        }

        Clear(sequence);
    }

    private void Clear(long sequence)
    {
        _ring.At(sequence) = default;
        _count--;
        // The chunk that is being filled stays.
        if (--_held[ChunkOf(sequence)] == 0 && sequence / SequenceRing<Entry>.ChunkItems != _head / SequenceRing<Entry>.ChunkItems)
        {
            _ring.Close(sequence);
        }
    }

    private int ChunkOf(long sequence) => (int)(sequence & _placeMask) / SequenceRing<Entry>.ChunkItems;

    private bool TryFindNewest(UInt128 hash, out Entry found, out long sequence)
    {
        var home = HomeOf(hash);
        ref var table = ref TableOf(home);
        var held = table.Slots[SlotOf(table, home, hash)];
        (found, sequence) = (default, -1);
        if (held == 0)
        {
            return false;
        }

        found = EntryAt(held, out sequence);
        return true;
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
