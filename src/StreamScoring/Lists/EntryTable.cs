namespace StreamScoring.Lists;

/// <summary>
/// Hashes of 128 bits, each with a time until which it counts: an open-addressed table at three
/// quarters or less, 16 bytes a slot, and 4 more where an entry ends. It is filled once.
/// </summary>
internal sealed class EntryTable
{
    /// <summary>
    /// Ends are whole seconds, rounded up, in 32 bits: enough until the year 2106.
    /// </summary>
    private const uint Forever = uint.MaxValue;

    private readonly UInt128[] _slots;
    private uint[]? _until;

    /// <param name="entriesMax">How many are added at the most.</param>
    public EntryTable(int entriesMax) => _slots = new UInt128[checked(entriesMax + (entriesMax / 3) + 2)];

    /// <summary>Distinct entries.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the table.</summary>
    public long Bytes => (_slots.LongLength * 16) + (_until?.LongLength * 4 ?? 0);

    /// <summary>Adds an entry; of two with one hash the later end counts.</summary>
    /// <param name="untilMs">ms since the Unix epoch.</param>
    public void Add(UInt128 hash, long untilMs)
    {
        var slot = Find(hash);
        var isNew = _slots[slot] == UInt128.Zero;
        var seconds = untilMs >= (Forever - 1) * 1000L ? Forever : (uint)Math.Max(0, (untilMs + 999) / 1000);
        Count += isNew ? 1 : 0;
        // A full table would be searched for ever.
        Invariant.Require(Count < _slots.Length);
        _slots[slot] = hash;
        if (_until is null && seconds != Forever)
        {
            _until = new uint[_slots.Length];
            Array.Fill(_until, Forever);
        }

        if (_until is not null)
        {
            _until[slot] = isNew ? seconds : Math.Max(_until[slot], seconds);
        }
    }

    /// <param name="nowMs">ms since the Unix epoch.</param>
    public bool Contains(UInt128 hash, long nowMs)
    {
        var slot = Find(hash);
        return _slots[slot] != UInt128.Zero && (_until is null || _until[slot] == Forever || nowMs < _until[slot] * 1000L);
    }

    /// <returns>Where the hash is, or would be. A hash of 0 does not occur: it stands for none.
    /// </returns>
    private int Find(UInt128 hash)
    {
        // The high half picks the place: the table's size need not be a power of two.
        var slot = (int)Math.BigMul((ulong)(hash >> 64), (ulong)_slots.Length, out _);
        while (_slots[slot] != UInt128.Zero && _slots[slot] != hash)
        {
            slot = slot + 1 == _slots.Length ? 0 : slot + 1;
        }

        return slot;
    }
}
