using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Entry = StreamScoring.State.IdempotencyIndex.Entry;

namespace StreamScoring.State;

/// <summary>
/// Where the idempotency index finds its entries. The slot of an id holds the newest payment of
/// that id, so that nearly always one look says whether a payment is new. Where ids are given to
/// several payments, each older one has a slot by id and content. By one thread.
/// </summary>
/// <remarks>
/// Slots are drawn by a secret of the process. Nothing that can be seen depends on it. Whoever
/// calls keeps the ring alive.
/// </remarks>
internal sealed unsafe class PaymentSlots
{
    /// <summary>
    /// The table is many small ones, each of which doubles by itself: with millions of payments one
    /// large one would hold up the fold for tens of milliseconds. With so many payments each takes
    /// some ten microseconds. Outside the collector's heap, as all tables double at about the same
    /// time: tens of megabytes that live for minutes would be garbage then, and copied before.
    /// </summary>
    private const int TablePaymentsMax = 1 << 11;

    private const int TableSlotsFirst = 8;

    /// <summary>In a slot: the entry stands there by its id and content, not by its id.</summary>
    private const uint OlderMark = 1U << 31;

    private readonly SequenceRing<Entry> _ring;

    /// <summary>By a home's highest bits.</summary>
    private readonly SlotTable[] _tables;

    /// <summary>
    /// Multipliers of the home's three words, and of their sum. Odd, so that nothing is lost.
    /// </summary>
    private readonly ulong _lowFactor, _highFactor, _contentFactor, _sumFactor;
    private readonly int _tablesLog2;
    private long _slotCount;

    /// <summary>Entries that stand by id and content: 0 while every id is of one payment.</summary>
    private int _olderCount;

    /// <param name="ring">Where the entries are, by the places that are given here.</param>
    /// <param name="paymentsMax">At most 2^28.</param>
    public PaymentSlots(SequenceRing<Entry> ring, int paymentsMax)
    {
        Span<ulong> factors = stackalloc ulong[4];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(factors));
        (_lowFactor, _highFactor, _contentFactor, _sumFactor) = (factors[0] | 1, factors[1] | 1, factors[2] | 1, factors[3] | 1);
        _ring = ring;
        _tablesLog2 = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, paymentsMax / TablePaymentsMax)));
        _tables = new SlotTable[1 << _tablesLog2];
        MakeTables(TableSlotsFirst);
    }

    ~PaymentSlots()
    {
        // Null where the constructor threw.
        foreach (var table in _tables ?? [])
        {
            NativeMemory.Free(table.Slots);
        }
    }

    public long AllocatedBytes => _slotCount * sizeof(ulong);

    /// <summary>Slots looked at so far, in all look-ups: for tests of their cost.</summary>
    public long Probes { get; private set; }

    /// <summary>
    /// Makes room once for payments that are about to be added; there are none yet.
    /// </summary>
    public void Expect(int paymentCount)
    {
        // A fifth more than each gets on average: some get more.
        var each = paymentCount / _tables.Length;
        MakeTables((int)Math.Max(TableSlotsFirst, BitOperations.RoundUpToPowerOf2((uint)(2 * (each + (each / 5))))));
    }

    public void Prefetch(UInt128 hash)
    {
        var home = HomeOf(hash);
        ref var table = ref TableOf(home);
        Sse.Prefetch0(table.Slots + ((int)home & table.Mask));
        GC.KeepAlive(this);
    }

    /// <returns>The place of the newest payment of an id; -1 where there is none.</returns>
    public int FindNewest(UInt128 hash)
    {
        var home = HomeOf(hash);
        ref var table = ref TableOf(home);
        var place = PlaceOf(table.Slots[SlotOf(table, home, hash)]);
        GC.KeepAlive(this);
        return place;
    }

    /// <returns>The place of a payment that is not the newest of its id; -1 where there is
    /// none.</returns>
    public int FindOlder(UInt128 hash, ulong content)
    {
        if (_olderCount == 0)
        {
            return -1;
        }

        var home = HomeOf(hash, content);
        ref var table = ref TableOf(home);
        for (var slot = (int)home & table.Mask; table.Slots[slot] is var held && held != 0; slot = (slot + 1) & table.Mask)
        {
            Probes++;
            if (SlotTable.HomeOf(held) == (int)home && IsOlder(held)
                && _ring.At(PlaceOf(held)) is var candidate && candidate.Hash == hash && candidate.Content == content)
            {
                return PlaceOf(held);
            }
        }

        GC.KeepAlive(this);
        return -1;
    }

    /// <summary>
    /// Makes an entry, which is about to be put into the ring, the newest payment of its id.
    /// </summary>
    /// <param name="place">Where it will stand there.</param>
    /// <returns>The place of an earlier entry of the same payment, which has no slot any more; -1
    /// where there was none.</returns>
    public int Add(in Entry entry, int place)
    {
        var replaced = FindOlder(entry.Hash, entry.Content);
        if (replaced >= 0)
        {
            RemoveOlder(entry.Hash, entry.Content, replaced);
        }

        var home = HomeOf(entry.Hash);
        ref var table = ref TableOf(home);
        var slot = SlotOf(table, home, entry.Hash);
        var newest = PlaceOf(table.Slots[slot]);
        if (newest < 0)
        {
            slot = MakeRoom(ref table) ? SlotOf(table, home, entry.Hash) : slot;
        }
        else if (_ring.At(newest).Content == entry.Content)
        {
            replaced = newest;
        }
        else
        {
            AddOlder(_ring.At(newest), newest);
            // That may have moved what stands in this table.
            slot = SlotOf(table, home, entry.Hash);
        }

        table.Slots[slot] = Held(home, place, 0);
        GC.KeepAlive(this);
        return replaced;
    }

    /// <param name="place">Where the entry stands in the ring.</param>
    public void Remove(in Entry entry, int place)
    {
        var home = HomeOf(entry.Hash);
        if (!TableOf(home).TryRemove(Held(home, place, 0)))
        {
            RemoveOlder(entry.Hash, entry.Content, place);
        }

        GC.KeepAlive(this);
    }

    /// <summary>
    /// Gives a payment a slot by id and content; a newer one is about to take that of the id.
    /// </summary>
    private void AddOlder(in Entry entry, int place)
    {
        var home = HomeOf(entry.Hash, entry.Content);
        ref var table = ref TableOf(home);
        MakeRoom(ref table);
        table.Put(Held(home, place, OlderMark));
        _olderCount++;
    }

    private void RemoveOlder(UInt128 hash, ulong content, int place)
    {
        var home = HomeOf(hash, content);
        Invariant.Require(TableOf(home).TryRemove(Held(home, place, OlderMark)));
        _olderCount--;
    }

    /// <summary>
    /// Where an id's slot is: the table's number above, then the slot before the table's mask. Ids
    /// that were made to meet do not.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong HomeOf(UInt128 hash) => Mixed(((ulong)hash * _lowFactor) + ((ulong)(hash >> 64) * _highFactor));

    private ulong HomeOf(UInt128 hash, ulong content) =>
        Mixed(((ulong)hash * _lowFactor) + ((ulong)(hash >> 64) * _highFactor) + (content * _contentFactor));

    /// <summary>
    /// Of a product the high bits are the good ones: they go to both ends, and words in a row do
    /// not stay in a row.
    /// </summary>
    private ulong Mixed(ulong sum)
    {
        var product = (sum ^ (sum >> 32)) * _sumFactor;
        return product ^ (product >> 32);
    }

    private ref SlotTable TableOf(ulong home) => ref _tables[(int)(home >> 32 >> (32 - _tablesLog2))];

    /// <summary>
    /// What a slot holds: the place of an entry in the ring, plus one, below 32 bits of its home,
    /// which say nearly always that it is another payment: without a look at the ring, which would
    /// be a cache miss.
    /// </summary>
    private static ulong Held(ulong home, int place, uint mark) => (home << 32) | mark | (uint)(place + 1);

    private static bool IsOlder(ulong held) => ((uint)held & OlderMark) != 0;

    /// <returns>-1 for a free slot.</returns>
    private static int PlaceOf(ulong held) => (int)((uint)held & ~OlderMark) - 1;

    /// <returns>The table's slot that holds the newest payment of an id, or the free one where it
    /// belongs.</returns>
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
