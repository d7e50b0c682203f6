using System.Buffers.Binary;

namespace StreamScoring.Features;

/// <summary>
/// Which keys were evicted early: two Bloom filters, the older of which is cleared when the newer
/// one is full, or when no window can see what was lost any more. It may name a key that was not
/// evicted: with five bits a key and ten bits of room, (1 − e^−0.5)^5 = 0.94 % of them where one
/// filter is full, 1.9 % where both are. It never misses one: where a full filter had to be cleared
/// too soon, every key counts as evicted until what was lost is out of sight.
/// </summary>
/// <remarks>Bloom, Space/time trade-offs in hash coding with allowable errors, CACM 1970.</remarks>
internal sealed class EvictedKeys
{
    private const int BitsOfKey = 5, RoomOfKey = 10, PieceBytes = 1 << 20, PieceHeadBytes = 40;

    private readonly int _bitsLog2;
    private readonly long _retentionMs;
    private ulong[] _newer = [];
    private ulong[] _older = [];
    private int _newerCount;
    private int _olderCount;
    private long _newerLastMs = long.MinValue;
    private long _olderLastMs = long.MinValue;
    private long _anyKeyUntilMs = long.MinValue;

    /// <param name="bitsLog2">Each filter has 2^this bits.</param>
    /// <param name="retentionMs">How far behind the watermark a lost event can be seen;
    /// <see cref="long.MaxValue"/>: for ever.</param>
    public EvictedKeys(int bitsLog2, long retentionMs) => (_bitsLog2, _retentionMs) = (bitsLog2, retentionMs);

    public bool IsEmpty => _newerCount == 0 && _olderCount == 0 && _anyKeyUntilMs == long.MinValue;

    /// <summary>Both filters, once there is a first key.</summary>
    public static long BytesOf(int bitsLog2) => 2L << (bitsLog2 - 3);

    /// <param name="newestMs">Event time of the newest payment that is lost.</param>
    public void Add(int entity, UInt128 key, long newestMs, long watermarkMs)
    {
        TakeMemory();
        if (_newerCount >= (1 << _bitsLog2) / RoomOfKey)
        {
            if (_olderCount > 0 && !IsOutOfSight(_olderLastMs, watermarkMs))
            {
                _anyKeyUntilMs = Math.Max(_anyKeyUntilMs, Until(_olderLastMs));
            }

            Rotate();
        }

        _newerCount++;
        _newerLastMs = Math.Max(_newerLastMs, newestMs);
        for (var i = 0; i < BitsOfKey; i++)
        {
            var bit = BitOf(entity, key, i);
            _newer[bit >> 6] |= 1UL << (int)(bit & 63);
        }
    }

    /// <summary>Whether events of a key may have been lost that a window can still see.</summary>
    public bool MayHold(int entity, UInt128 key, long watermarkMs)
    {
        if (IsEmpty)
        {
            return false;
        }

        if (_anyKeyUntilMs > watermarkMs)
        {
            return true;
        }

        _anyKeyUntilMs = long.MinValue;
        if (IsOutOfSight(Math.Max(_newerLastMs, _olderLastMs), watermarkMs))
        {
            (_newer, _older, _newerCount, _olderCount) = ([], [], 0, 0);
            (_newerLastMs, _olderLastMs) = (long.MinValue, long.MinValue);
            return false;
        }

        return (_newerCount > 0 && IsIn(_newer, entity, key)) || (_olderCount > 0 && IsIn(_older, entity, key));
    }

    /// <summary>
    /// Event time of the newest payment that was lost of any key, as far as it is known.
    /// </summary>
    public long LostUpToMs => Math.Max(Math.Max(_newerLastMs, _olderLastMs), _anyKeyUntilMs == long.MinValue ? long.MinValue : _anyKeyUntilMs - _retentionMs);

    /// <summary>
    /// Copies a part out. Keys that are added meanwhile may be in it or not: they were not evicted
    /// when the copy began.
    /// </summary>
    /// <param name="piece">From 0 on.</param>
    /// <returns>Null behind the last.</returns>
    public byte[]? Copy(int piece)
    {
        var words = MemoryOf(piece, out var isOlder, out var offset);
        if (IsEmpty || (words.IsEmpty && piece > 0))
        {
            return null;
        }

        var copy = new byte[PieceHeadBytes + (words.Length * sizeof(ulong))];
        var head = copy.AsSpan();
        BinaryPrimitives.WriteInt32LittleEndian(head, _bitsLog2);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], isOlder ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], isOlder ? _olderCount : _newerCount);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], offset);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], isOlder ? _olderLastMs : _newerLastMs);
        BinaryPrimitives.WriteInt64LittleEndian(head[24..], _anyKeyUntilMs);
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(words).CopyTo(head[PieceHeadBytes..]);
        return copy;
    }

    /// <summary>Takes over a part of what another was, of whatever size that had.</summary>
    /// <exception cref="InvalidDataException">The bytes are no such part.</exception>
    public void Restore(ReadOnlySpan<byte> piece)
    {
        if (piece.Length < PieceHeadBytes || (piece.Length - PieceHeadBytes) % sizeof(ulong) != 0)
        {
            throw new InvalidDataException("a record of evicted keys is cut short");
        }

        var isOlder = BinaryPrimitives.ReadInt32LittleEndian(piece[4..]) == 1;
        var (count, offset) = (BinaryPrimitives.ReadInt32LittleEndian(piece[8..]), BinaryPrimitives.ReadInt32LittleEndian(piece[12..]));
        var lastMs = BinaryPrimitives.ReadInt64LittleEndian(piece[16..]);
        _anyKeyUntilMs = Math.Max(_anyKeyUntilMs, BinaryPrimitives.ReadInt64LittleEndian(piece[24..]));
        if (BinaryPrimitives.ReadInt32LittleEndian(piece) != _bitsLog2)
        {
            // The ceiling was another, and with it the size: which keys they were cannot be told
            // any more.
            _anyKeyUntilMs = Math.Max(_anyKeyUntilMs, count == 0 ? long.MinValue : Until(lastMs));
            return;
        }

        TakeMemory();
        var words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(piece[PieceHeadBytes..]);
        if (offset < 0 || offset > _newer.Length - words.Length)
        {
            throw new InvalidDataException("a record of evicted keys lies outside of itself");
        }

        // Keys may have been evicted while the others were restored, so both hold.
        var filter = (isOlder ? _older : _newer).AsSpan(offset);
        for (var i = 0; i < words.Length; i++)
        {
            filter[i] |= words[i];
        }

        // Each piece has the head of all: it counts once.
        var isFirst = offset == 0;
        if (isOlder)
        {
            (_olderCount, _olderLastMs) = (_olderCount + (isFirst ? count : 0), Math.Max(_olderLastMs, lastMs));
        }
        else
        {
            (_newerCount, _newerLastMs) = (_newerCount + (isFirst ? count : 0), Math.Max(_newerLastMs, lastMs));
        }
    }

    private ReadOnlySpan<ulong> MemoryOf(int piece, out bool isOlder, out int offset)
    {
        const int pieceWords = PieceBytes / sizeof(ulong);
        var pieces = Math.Max(1, _newer.Length / pieceWords);
        isOlder = piece >= pieces;
        offset = piece % pieces * pieceWords;
        return piece >= 2 * pieces ? [] : (isOlder ? _older : _newer).AsSpan(offset, Math.Min(pieceWords, _newer.Length));
    }

    private void TakeMemory()
    {
        if (_newer.Length == 0)
        {
            (_newer, _older) = (new ulong[1 << (_bitsLog2 - 6)], new ulong[1 << (_bitsLog2 - 6)]);
        }
    }

    private void Rotate()
    {
        (_newer, _older) = (_older, _newer);
        (_olderCount, _olderLastMs) = (_newerCount, _newerLastMs);
        (_newerCount, _newerLastMs) = (0, long.MinValue);
        Array.Clear(_newer);
    }

    private bool IsOutOfSight(long lastMs, long watermarkMs) => Until(lastMs) <= watermarkMs;

    /// <summary>What was lost by then is of no account from this time on.</summary>
    private long Until(long lastMs) => lastMs > long.MaxValue - _retentionMs ? long.MaxValue : lastMs + _retentionMs;

    private bool IsIn(ulong[] filter, int entity, UInt128 key)
    {
        for (var i = 0; i < BitsOfKey; i++)
        {
            var bit = BitOf(entity, key, i);
            if ((filter[bit >> 6] >> (int)(bit & 63) & 1) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Two independent words of the key's hash make all five.</summary>
    /// <remarks>Kirsch and Mitzenmacher, Less hashing, same performance, 2008.</remarks>
    private long BitOf(int entity, UInt128 key, int i) =>
        (long)(unchecked(((ulong)key ^ ((ulong)entity * 0x9E37_79B9_7F4A_7C15)) + ((ulong)i * ((ulong)(key >> 64) | 1))) >> (64 - _bitsLog2));
}
