using System.Runtime.Intrinsics.X86;
using StreamScoring.Logs;

namespace StreamScoring.State;

/// <summary>
/// Which payments were folded lately, so that one that is published again changes nothing. Records
/// of one payment are duplicates where their timestamps are no further apart than the window, and
/// the first is still known: its log's clock has not moved on by more than the window since
/// (<see cref="LogBlocks"/>). So whether a record is a duplicate of one of its own log follows from
/// that log alone, however logs were interleaved; and no record, whatever its timestamp, makes
/// another be forgotten. A payment goes early where as many as the index may hold came after it,
/// which is counted.
/// </summary>
/// <remarks>
/// A payment is its id and its content; <see cref="PaymentSlots"/> finds it by both.
///
/// Of a payment that went to two regions: it stays for as long as a log may still bring such a
/// record: its own or another, cut off, away or repeated by a mirror. So of two copies one counts,
/// whichever comes first, on all sides of a link that was cut.
/// </remarks>
public sealed class IdempotencyIndex
{
    /// <summary>
    /// For each payment that comes so many entries are looked at, at the ring's end and, where that
    /// one stays, by a hand that goes around: an entry of a log that brings little stays for long,
    /// and must not keep those behind it. It is more than one, so it keeps up.
    /// </summary>
    private const int TailSteps = 4, HandSteps = 2;

    private readonly long _windowMs;
    private readonly long _keepMs;
    private readonly int _paymentsMax;
    private readonly LogBlocks[] _blocks;
    private readonly SequenceRing<Entry> _ring;

    /// <summary>
    /// By chunk of the ring: entries that are held. A chunk without any is given back, wherever it
    /// lies.
    /// </summary>
    private readonly short[] _held;

    private readonly PaymentSlots _slots;
    private readonly int _placeMask;
    private long _head;
    private long _tail;
    private long _hand;
    private int _count;
    private long _wholeUntilMs = long.MaxValue;

    /// <param name="logCount">Logs of the process.</param>
    /// <param name="paymentsMax">At most 2^28.</param>
    /// <param name="hasMirror">
    /// Whether a log is a mirror's, which may bring a record again for as long as the window: a
    /// copy at the window's end then comes after two.
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
        _slots = new PaymentSlots(_ring, paymentsMax);
    }

    /// <summary>The number that the next entry gets, in order of adding.</summary>
    internal long Head => _head;

    /// <summary>The number of the oldest entry.</summary>
    internal long Tail => _tail;

    /// <summary>
    /// Told which entries lose their places; null where no copy is being made. One is made at a
    /// time.
    /// </summary>
    internal IdempotencyCopy? CopyUnderWay { get; set; }

    /// <summary>Payments held.</summary>
    public int Count => _count;

    public long AllocatedBytes => _ring.AllocatedBytes + _slots.AllocatedBytes;

    /// <summary>Slots looked at so far, in all look-ups: for tests of their cost.</summary>
    internal long Probes => _slots.Probes;

    /// <summary>
    /// Payments that went before their window was over, because there were too many.
    /// </summary>
    public long EvictedEarly { get; private set; }

    /// <summary>
    /// By a log's records: its clock, and the newest timestamp, ms since the Unix epoch;
    /// <see cref="long.MinValue"/> where there is none.
    /// </summary>
    public (long NowMs, long NewestMs) TimesOf(int logIndex) => (_blocks[logIndex].NowMs, _blocks[logIndex].NewestMs);

    /// <summary>By log: its clock and blocks. With the entries all that the index is.</summary>
    internal IReadOnlyList<LogBlocks> Blocks => _blocks;

    /// <summary>A payment as the index holds it.</summary>
    /// <param name="Hash">Of the payment's id; 0 stands for no payment.</param>
    /// <param name="Content">Hash of what else makes it that payment.</param>
    /// <param name="Block">Of its log's clock (<see cref="LogBlocks"/>). The index sets it.</param>
    public readonly record struct Entry(UInt128 Hash, ulong Content, long Offset, long TimestampMs, int LogIndex, int Block = 0);

    /// <summary>
    /// What need not be held any more, at some moment: it stays true of an entry for which it is.
    /// </summary>
    /// <param name="firstHeld">By log.</param>
    internal readonly struct Horizon(int[] firstHeld, long wholeUntilMs, long keepMs)
    {
        public bool IsBehind(in Entry entry) => IdempotencyIndex.IsOver(entry, firstHeld[entry.LogIndex], wholeUntilMs, keepMs);
    }

    /// <summary>Notes a record of a log, behind what is done with its payment.</summary>
    public void Advance(int logIndex, long timestampMs) => _blocks[logIndex].Note(timestampMs, _wholeUntilMs);

    /// <summary>
    /// From now on no log brings a record of before this time, ms since the Unix epoch, but for
    /// what a mirror repeats.
    /// </summary>
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

    /// <summary>
    /// Makes room once for payments that are about to be added to an empty index.
    /// </summary>
    public void Expect(int paymentCount)
    {
        Invariant.Require(Count == 0);
        _slots.Expect(Math.Clamp(paymentCount, 0, _paymentsMax));
    }

    /// <summary>
    /// Brings into the cache where payments will be looked for, and where those stand that go to
    /// make room for them. They lie all over a table of as many as millions, so each would be a
    /// cache miss otherwise, one after the other.
    /// </summary>
    public void Prefetch(ReadOnlySpan<UInt128> hashes)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        foreach (ref readonly var hash in hashes)
        {
            _slots.Prefetch(hash);
        }

        var goingEnd = Math.Min(_head, _tail + hashes.Length);
        for (var going = _tail; going < goingEnd && _ring.IsOpen(going); going++)
        {
            _slots.Prefetch(_ring.At(going).Hash);
        }

        GC.KeepAlive(_ring);
    }

    /// <summary>Looks a payment up, and adds it where it is not there.</summary>
    /// <param name="other">What came first where it was there; where its id is another payment's,
    /// that one's record; else the entry itself.</param>
    /// <param name="sequence">The number, in order of adding, of the payment's first
    /// record.</param>
    public Finding FindOrAdd(in Entry entry, out Entry other, out long sequence)
    {
        MakeRoom();
        var finding = Finding.New;
        var place = _slots.FindNewest(entry.Hash);
        other = entry;
        if (place >= 0 && IsDuplicate(entry, _ring.At(place)))
        {
            other = _ring.At(place);
            finding = other.Content == entry.Content ? Finding.Duplicate : Finding.Conflicting;
        }

        if (finding != Finding.Duplicate && _slots.FindOlder(entry.Hash, entry.Content) is >= 0 and var older && IsDuplicate(entry, _ring.At(older)))
        {
            (other, place, finding) = (_ring.At(older), older, Finding.Duplicate);
        }

        if (finding == Finding.Duplicate)
        {
            sequence = SequenceOf(place);
        }
        else
        {
            var added = entry with { Block = _blocks[entry.LogIndex].Current };
            other = finding == Finding.New ? added : other;
            sequence = Put(added);
        }

        GC.KeepAlive(_ring);
        return finding;
    }

    /// <summary>
    /// Adds what an index held, in its order. Of a payment that stands twice the later holds.
    /// </summary>
    public void Restore(in Entry entry)
    {
        MakeRoom();
        Put(entry);
        GC.KeepAlive(_ring);
    }

    /// <summary>Looks a payment up, whether or not its window is over.</summary>
    public bool TryFind(UInt128 hash, ulong content, out Entry first, out long sequence)
    {
        var place = _slots.FindNewest(hash);
        if (place < 0 || _ring.At(place).Content != content)
        {
            place = _slots.FindOlder(hash, content);
        }

        (first, sequence) = place >= 0 ? (_ring.At(place), SequenceOf(place)) : (default, -1);
        GC.KeepAlive(_ring);
        return place >= 0;
    }

    /// <summary>All entries whose window is not over, oldest first.</summary>
    public Entry[] ToArray()
    {
        var underWay = CopyUnderWay;
        var copy = new IdempotencyCopy(this);
        Invariant.Require(copy.Step(int.MaxValue));
        var entries = copy.End().ToArray();
        CopyUnderWay = underWay;
        return entries;
    }

    /// <summary>
    /// Copies entries by their numbers, all of which are between <see cref="Tail"/> and
    /// <see cref="Head"/>. Some may be empty.
    /// </summary>
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
        // Where other regions are read, a copy may come as long as no log is whole up to its time,
        // whatever the clock of the first one's log says.
        entry.Block < firstHeld && (wholeUntilMs == long.MaxValue || LogClock.IsPast(wholeUntilMs, entry.TimestampMs, keepMs));

    private bool IsDuplicate(in Entry entry, in Entry first) =>
        !LogClock.IsPast(Math.Max(entry.TimestampMs, first.TimestampMs), Math.Min(entry.TimestampMs, first.TimestampMs), _windowMs)
        && (entry.LogIndex != first.LogIndex || first.Block >= _blocks[first.LogIndex].FirstKnown);

    private bool IsOver(in Entry entry) => IsOver(entry, _blocks[entry.LogIndex].FirstHeld, _wholeUntilMs, _keepMs);

    /// <summary>
    /// Lets some go that are over, a few at a time: a night may make all of them be over at once.
    /// </summary>
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

    /// <returns>The number behind, or the next chunk's first where the number's chunk holds
    /// nothing.</returns>
    private long Next(long sequence) =>
        _ring.IsOpen(sequence) ? sequence + 1 : Math.Min(_head, (sequence | (SequenceRing<Entry>.ChunkItems - 1)) + 1);

    /// <summary>Makes an entry the newest payment of its id.</summary>
    /// <returns>Its number.</returns>
    private long Put(in Entry entry)
    {
        if (_slots.Add(entry, PlaceOf(_head)) is >= 0 and var replaced)
        {
            // It is forgotten and still there: the new one takes its place.
            CopyUnderWay?.Replaced(SequenceOf(replaced));
            Clear(SequenceOf(replaced));
        }

        var sequence = _head++;
        _ring.Open(sequence);
        _ring.At(sequence) = entry;
        _held[ChunkOf(sequence)]++;
        _count++;
        return sequence;
    }

    private void Remove(long sequence)
    {
        _slots.Remove(_ring.At(sequence), PlaceOf(sequence));
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

    private int ChunkOf(long sequence) => PlaceOf(sequence) / SequenceRing<Entry>.ChunkItems;

    private int PlaceOf(long sequence) => (int)(sequence & _placeMask);

    /// <summary>
    /// The ring holds sequences tail .. head - 1, each at its own number modulo the ring's length.
    /// </summary>
    private long SequenceOf(int place) => _tail + ((place - _tail) & _placeMask);
}
