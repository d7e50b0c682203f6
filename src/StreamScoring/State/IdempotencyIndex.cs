using System.Numerics;
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
public sealed class IdempotencyIndex
{
    private const int CapacityFirst = 1 << 12;

    private readonly long _windowMs;
    private readonly long _keepMs;
    private readonly int _paymentsMax;
    private readonly long[] _newestMs;
    private Entry[] _ring = new Entry[CapacityFirst];
    private int[] _table = new int[CapacityFirst * 2];
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

    public long AllocatedBytes => (_ring.Length * (long)System.Runtime.CompilerServices.Unsafe.SizeOf<Entry>()) + (_table.Length * sizeof(int));

    /// <summary>Payments that went before their window was over, because there were too many.</summary>
    public long EvictedEarly { get; private set; }

    /// <summary>Newest timestamp of each log, ms since the Unix epoch: with the entries all that the index is.</summary>
    public ReadOnlySpan<long> NewestMs => _newestMs;

    /// <summary>A payment as the index holds it.</summary>
    /// <param name="Hash">XXH128 of the payment's id.</param>
    public readonly record struct Entry(UInt128 Hash, long Offset, long TimestampMs, int LogIndex);

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
        var capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(paymentCount, CapacityFirst, Math.Max(CapacityFirst, _paymentsMax)));
        (_ring, _table) = (new Entry[capacity], new int[capacity * 2]);
    }

    /// <summary>
    /// Brings into the cache where payments will be looked for, and where those stand that go to make room for them. They lie all over a table of as
    /// many as millions, so each would be a cache miss otherwise, one after the other.
    /// </summary>
    public unsafe void Prefetch(ReadOnlySpan<UInt128> hashes)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        var mask = (ulong)(_table.Length - 1);
        var goingCount = Math.Min(hashes.Length, Count);
        fixed (int* table = _table)
        {
            foreach (ref readonly var hash in hashes)
            {
                Sse.Prefetch0(table + ((ulong)hash & mask));
            }

            for (var i = 0; i < goingCount; i++)
            {
                Sse.Prefetch0(table + ((ulong)_ring[(int)((_tail + i) & (_ring.Length - 1))].Hash & mask));
            }
        }
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

        if (Count == _ring.Length)
        {
            Grow();
        }

        var slot = SlotOf(entry.Hash);
        if (_table[slot] != 0)
        {
            first = EntryAt(slot, out sequence);
            if (IsDuplicate(entry, first))
            {
                return true;
            }

            // Its window is over, but an older one of a log that stands still keeps it from the end of the ring: the new one takes its place.
            _ring[(int)(sequence & (_ring.Length - 1))] = default;
        }

        sequence = _head++;
        _ring[(int)(sequence & (_ring.Length - 1))] = entry;
        _table[slot] = (int)(sequence & (_ring.Length - 1)) + 1;
        first = entry;
        return false;
    }

    /// <summary>Looks a payment up, whether or not its window is over.</summary>
    public bool TryFind(UInt128 hash, out Entry first, out long sequence)
    {
        var slot = SlotOf(hash);
        (first, sequence) = (default, -1);
        if (_table[slot] == 0)
        {
            return false;
        }

        first = EntryAt(slot, out sequence);
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
        var start = (int)(sequence & (_ring.Length - 1));
        var first = Math.Min(entries.Length, _ring.Length - start);
        _ring.AsSpan(start, first).CopyTo(entries);
        _ring.AsSpan(0, entries.Length - first).CopyTo(entries[first..]);
    }

    private bool IsDuplicate(in Entry entry, in Entry first) => entry.LogIndex == first.LogIndex
        ? _newestMs[first.LogIndex] - first.TimestampMs <= _windowMs
        : Math.Abs(entry.TimestampMs - first.TimestampMs) <= _windowMs;

    private bool IsOver(in Entry entry) => IsOver(entry, WholeUntilMs(entry.LogIndex), _keepMs);

    private void EvictOld()
    {
        while (Count > 0 && _ring[(int)(_tail & (_ring.Length - 1))] is var oldest && (oldest.Hash == UInt128.Zero || IsOver(oldest)))
        {
            Evict();
        }
    }

    private void Evict()
    {
        ref var oldest = ref _ring[(int)(_tail & (_ring.Length - 1))];
        if (oldest.Hash != UInt128.Zero)
        {
            RemoveSlot(SlotOf(oldest.Hash));
            oldest = default;
        }

        _tail++;
    }

    /// <returns>The table's slot that holds the payment, or the free one where it belongs.</returns>
    private int SlotOf(UInt128 hash)
    {
        var mask = _table.Length - 1;
        var slot = (int)((ulong)hash & (ulong)mask);
        while (_table[slot] != 0 && _ring[_table[slot] - 1].Hash != hash)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private Entry EntryAt(int slot, out long sequence)
    {
        var index = _table[slot] - 1;
        // The ring holds sequences tail .. head - 1, each at its own number modulo the ring's length.
        sequence = _tail + ((index - _tail) & (_ring.Length - 1));
        return _ring[index];
    }

    /// <summary>Open addressing without tombstones: what was pushed past the freed slot moves back.</summary>
    private void RemoveSlot(int slot)
    {
        Invariant.Require(_table[slot] != 0);
        var mask = _table.Length - 1;
        var free = slot;
        for (var next = (slot + 1) & mask; _table[next] != 0; next = (next + 1) & mask)
        {
            var home = (int)((ulong)_ring[_table[next] - 1].Hash & (ulong)mask);
            if (((next - home) & mask) >= ((next - free) & mask))
            {
                _table[free] = _table[next];
                free = next;
            }
        }

        _table[free] = 0;
    }

    private void Grow()
    {
        var (old, mask) = (_ring, _ring.Length - 1);
        _ring = new Entry[old.Length * 2];
        _table = new int[_ring.Length * 2];
        for (var sequence = _tail; sequence < _head; sequence++)
        {
            var entry = old[(int)(sequence & mask)];
            var index = (int)(sequence & (_ring.Length - 1));
            _ring[index] = entry;
            if (entry.Hash != UInt128.Zero)
            {
                _table[SlotOf(entry.Hash)] = index + 1;
            }
        }
    }
}
