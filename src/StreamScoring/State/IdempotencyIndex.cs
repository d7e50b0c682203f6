using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace StreamScoring.State;

/// <summary>
/// Which payments were folded lately, so that one that is published again changes nothing. A payment stays while its log has moved on by no
/// more than the window (log timestamps, of its own log): whether a record is a duplicate then follows from the log alone, however logs
/// were interleaved. Beyond a number of payments the oldest go early, which is counted.
/// </summary>
/// <remarks>
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

    private readonly long _windowMs;
    private readonly long _keepMs;
    private readonly int _paymentsMax;
    private readonly long[] _newestMs;
    private readonly SequenceRing<Entry> _ring;

    /// <summary>By the hash's highest bits.</summary>
    private readonly Table[] _tables;
    private readonly int _tablesLog2;
    private readonly int _placeMask;
    private long _slotCount;
    private long _head;
    private long _tail;
    private long _wholeUntilMs = long.MaxValue;

    /// <param name="logCount">Logs of the process.</param>
    /// <param name="paymentsMax">At most 2^28.</param>
    /// <param name="hasMirror">
    /// Whether a log is a mirror's, which may bring a record again for as long as the window: a copy at the window's end then comes after two.
    /// </param>
    public IdempotencyIndex(int logCount, TimeSpan window, int paymentsMax, bool hasMirror = false)
    {
        Invariant.Require(paymentsMax is > 0 and <= 1 << 28);
        (_windowMs, _paymentsMax) = ((long)window.TotalMilliseconds, paymentsMax);
        _keepMs = hasMirror ? 2 * _windowMs : _windowMs;
        _newestMs = new long[logCount];
        _newestMs.AsSpan().Fill(long.MinValue);
        _ring = new SequenceRing<Entry>(paymentsMax);
        _placeMask = _ring.Places - 1;
        _tablesLog2 = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, paymentsMax / TablePaymentsMax)));
        _tables = new Table[1 << _tablesLog2];
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

    /// <summary>Payments that went before their window was over, because there were too many.</summary>
    public long EvictedEarly { get; private set; }

    /// <summary>Newest timestamp of each log, ms since the Unix epoch: with the entries all that the index is.</summary>
    public ReadOnlySpan<long> NewestMs => _newestMs;

    /// <summary>A payment as the index holds it.</summary>
    /// <param name="Hash">XXH128 of the payment's id.</param>
    public readonly record struct Entry(UInt128 Hash, long Offset, long TimestampMs, int LogIndex);

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
    /// <param name="sequence">The first record's number in order of adding.</param>
    /// <returns>True where it was there; <paramref name="first"/> then is what came first.</returns>
    public bool FindOrAdd(in Entry entry, out Entry first, out long sequence)
    {
        EvictOld();
        if (Count == _paymentsMax)
        {
            EvictedEarly++;
            Evict();
        }

        ref var table = ref TableOf(entry.Hash);
        var slot = SlotOf(table, entry.Hash);
        if (table.Slots[slot] != 0)
        {
            first = EntryAt(table.Slots[slot], out sequence);
            if (IsDuplicate(entry, first))
            {
                return true;
            }

            // Its window is over, but an older one of a log that stands still keeps it from the end of the ring: the new one takes its place.
            _ring.At(sequence) = default;
        }
        else if (++table.Count * 2 > table.Mask + 1)
        {
            Grow(ref table);
            slot = SlotOf(table, entry.Hash);
        }

        sequence = _head++;
        _ring.Open(sequence);
        _ring.At(sequence) = entry;
        table.Slots[slot] = Held(entry.Hash, sequence);
        first = entry;
        GC.KeepAlive(this);
        return false;
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
            ref var table = ref TableOf(oldest.Hash);
            var held = Held(oldest.Hash, _tail);
            var slot = Home(held) & table.Mask;
            while (table.Slots[slot] != held)
            {
                Invariant.Require(table.Slots[slot] != 0);
                slot = (slot + 1) & table.Mask;
            }

            RemoveSlot(table, slot);
            table.Count--;
            oldest = default;
        }

        if ((++_tail & (SequenceRing<Entry>.ChunkItems - 1)) == 0)
        {
            _ring.Close(_tail - 1);
        }
    }

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
