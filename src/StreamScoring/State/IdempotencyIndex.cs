using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
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

    private readonly long _windowMs;
    private readonly long _keepMs;
    private readonly int _paymentsMax;
    private readonly LogBlocks[] _blocks;
    private readonly SequenceRing<Entry> _ring;

    /// <summary>By chunk of the ring: entries that are held. A chunk without any is given back, wherever it lies.</summary>
    private readonly short[] _held;

    /// <summary>By the hash's highest bits.</summary>
    private readonly Table[] _tables;
    private readonly int _tablesLog2;
    private readonly int _placeMask;
    private long _slotCount;
    private long _head;
    private long _tail;
    private long _hand;
    private int _count;
    private long _wholeUntilMs = long.MaxValue;

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
        (_windowMs, _paymentsMax) = ((long)window.TotalMilliseconds, paymentsMax);
        _keepMs = hasMirror ? 2 * _windowMs : _windowMs;
        _blocks = [.. Enumerable.Range(0, logCount).Select(_ => new LogBlocks(_windowMs, _keepMs, blockRecords))];
        _ring = new SequenceRing<Entry>(paymentsMax);
        _held = new short[_ring.Places / SequenceRing<Entry>.ChunkItems];
        _placeMask = _ring.Places - 1;
        _tablesLog2 = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, paymentsMax / TablePaymentsMax)));
        _tables = new Table[1 << _tablesLog2];
        MakeTables(TableSlotsFirst);
    }

    /// <summary>The number that the next entry gets, in order of adding.</summary>
    internal long Head => _head;

    /// <summary>The number of the oldest entry.</summary>
    internal long Tail => _tail;

    /// <summary>Payments held.</summary>
    public int Count => _count;

    public long AllocatedBytes => _ring.AllocatedBytes + (_slotCount * sizeof(ulong));

    /// <summary>Payments that went before their window was over, because there were too many.</summary>
    public long EvictedEarly { get; private set; }

    /// <summary>By a log's records: its clock, and the newest timestamp, ms since the Unix epoch; <see cref="long.MinValue"/> where there is none.</summary>
    public (long NowMs, long NewestMs) TimesOf(int logIndex) => (_blocks[logIndex].NowMs, _blocks[logIndex].NewestMs);

    /// <summary>By log: its clock and blocks. With the entries all that the index is.</summary>
    internal IReadOnlyList<LogBlocks> Blocks => _blocks;

    /// <summary>A payment as the index holds it.</summary>
    /// <param name="Hash">XXH128 of the payment's id.</param>
    /// <param name="Block">Of its log's clock (<see cref="LogBlocks"/>). The index sets it.</param>
    public readonly record struct Entry(UInt128 Hash, long Offset, long TimestampMs, int LogIndex, int Block = 0);

    /// <summary>What need not be held any more, at some moment: it stays true of an entry for which it is.</summary>
    /// <param name="firstHeld">By log.</param>
    internal readonly struct Horizon(int[] firstHeld, long wholeUntilMs, long keepMs)
    {
        public bool IsBehind(in Entry entry) => IdempotencyIndex.IsOver(entry, firstHeld[entry.LogIndex], wholeUntilMs, keepMs);
    }

    /// <summary>
    /// Open addressing, at most half full. A slot holds the place of an entry in the ring, plus one, and above it the lowest 32 bits of its hash, which say
    /// where it belongs and nearly always that it is another payment: without a look at the ring, which would be a cache miss. 0 is a free slot.
    /// </summary>
    private struct Table
    {
        public ulong* Slots;

        /// <summary>Slots less one; there is a power of two of them.</summary>
        public int Mask;
        public int Count;
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
    /// <param name="sequence">The first record's number in order of adding.</param>
    /// <returns>True where it was there; <paramref name="first"/> then is what came first.</returns>
    public bool FindOrAdd(in Entry entry, out Entry first, out long sequence)
    {
        MakeRoom();
        ref var table = ref TableOf(entry.Hash);
        var slot = SlotOf(table, entry.Hash);
        if (table.Slots[slot] != 0)
        {
            first = EntryAt(table.Slots[slot], out sequence);
            if (IsDuplicate(entry, first))
            {
                return true;
            }
        }

        first = entry with { Block = _blocks[entry.LogIndex].Current };
        sequence = Put(first, slot);
        GC.KeepAlive(this);
        return false;
    }

    /// <summary>Adds what an index held, in its order. Of a payment that stands twice the later holds.</summary>
    public void Restore(in Entry entry)
    {
        MakeRoom();
        Put(entry, SlotOf(TableOf(entry.Hash), entry.Hash));
        GC.KeepAlive(this);
    }

    /// <summary>Looks a payment up, whether or not its window is over.</summary>
    public bool TryFind(UInt128 hash, out Entry first, out long sequence)
    {
        ref var table = ref TableOf(hash);
        var held = table.Slots[SlotOf(table, hash)];
        (first, sequence) = (default, -1);
        if (held == 0)
        {
            return false;
        }

        first = EntryAt(held, out sequence);
        GC.KeepAlive(this);
        return true;
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

    /// <param name="slot">Of the entry's table: the free one where it belongs, or one that holds the payment already.</param>
    /// <returns>Its number.</returns>
    private long Put(in Entry entry, int slot)
    {
        ref var table = ref TableOf(entry.Hash);
        if (table.Slots[slot] != 0)
        {
            // It is forgotten and still there: the new one takes its place.
            EntryAt(table.Slots[slot], out var earlier);
            Clear(earlier);
        }
        else if (++table.Count * 2 > table.Mask + 1)
        {
            Grow(ref table);
            slot = SlotOf(table, entry.Hash);
        }

        var sequence = _head++;
        _ring.Open(sequence);
        _ring.At(sequence) = entry;
        _held[ChunkOf(sequence)]++;
        _count++;
        table.Slots[slot] = Held(entry.Hash, sequence);
        return sequence;
    }

    private void Remove(long sequence)
    {
        var hash = _ring.At(sequence).Hash;
        ref var table = ref TableOf(hash);
        var held = Held(hash, sequence);
        var slot = Home(held) & table.Mask;
        while (table.Slots[slot] != held)
        {
            Invariant.Require(table.Slots[slot] != 0);
            slot = (slot + 1) & table.Mask;
        }

        RemoveSlot(table, slot);
        table.Count--;
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

    private ref Table TableOf(UInt128 hash) => ref _tables[(int)((ulong)hash >> 32 >> (32 - _tablesLog2))];

    private ulong Held(UInt128 hash, long sequence) => ((ulong)hash << 32) | (uint)((int)(sequence & _placeMask) + 1);

    private static int PlaceOf(ulong held) => (int)(uint)held - 1;

    /// <summary>Where a slot's entry belongs, before the table's mask.</summary>
    private static int Home(ulong held) => (int)(held >> 32);

    /// <returns>The table's slot that holds the payment, or the free one where it belongs.</returns>
    private int SlotOf(in Table table, UInt128 hash)
    {
        var home = (int)(ulong)hash;
        var slot = home & table.Mask;
        while (table.Slots[slot] is var held && held != 0 && (Home(held) != home || _ring.At(PlaceOf(held)).Hash != hash))
        {
            slot = (slot + 1) & table.Mask;
        }

        return slot;
    }

    private Entry EntryAt(ulong held, out long sequence)
    {
        // The ring holds sequences tail .. head - 1, each at its own number modulo the ring's length.
        sequence = _tail + ((PlaceOf(held) - _tail) & _placeMask);
        return _ring.At(sequence);
    }

    /// <summary>Open addressing without tombstones: what was pushed past the freed slot moves back.</summary>
    private static void RemoveSlot(in Table table, int slot)
    {
        var slots = table.Slots;
        var mask = table.Mask;
        Invariant.Require(slots[slot] != 0);
        var free = slot;
        for (var next = (slot + 1) & mask; slots[next] != 0; next = (next + 1) & mask)
        {
            if (((next - Home(slots[next])) & mask) >= ((next - free) & mask))
            {
                slots[free] = slots[next];
                free = next;
            }
        }

        slots[free] = 0;
    }

    private void PrefetchSlot(UInt128 hash)
    {
        ref var table = ref TableOf(hash);
        Sse.Prefetch0(table.Slots + ((int)(ulong)hash & table.Mask));
    }

    private void MakeTables(int slotCount)
    {
        for (var i = 0; i < _tables.Length; i++)
        {
            NativeMemory.Free(_tables[i].Slots);
            _tables[i] = new Table { Slots = NewSlots(slotCount), Mask = slotCount - 1 };
        }

        _slotCount = (long)_tables.Length * slotCount;
    }

    private void Grow(ref Table table)
    {
        var old = new ReadOnlySpan<ulong>(table.Slots, table.Mask + 1);
        var slots = NewSlots(2 * old.Length);
        var mask = (2 * old.Length) - 1;
        foreach (var held in old)
        {
            if (held != 0)
            {
                // They differ from each other, so the first free slot is the one.
                var slot = Home(held) & mask;
                while (slots[slot] != 0)
                {
                    slot = (slot + 1) & mask;
                }

                slots[slot] = held;
            }
        }

        _slotCount += old.Length;
        NativeMemory.Free(table.Slots);
        table.Slots = slots;
        table.Mask = mask;
    }

    private static ulong* NewSlots(int count) => (ulong*)NativeMemory.AllocZeroed((nuint)count, sizeof(ulong));
}
