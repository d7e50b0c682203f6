using System.Runtime.InteropServices;

namespace StreamScoring.Features;

/// <summary>One key of an entity: where its events are. Exactly a cache line.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct KeySlot
{
    public ulong KeyLow;
    public ulong KeyHigh;

    /// <summary>Null where the slot is free.</summary>
    public long* Block;

    /// <summary>
    /// Older events, where there were too many (<see cref="TileStore"/>); null for none.
    /// </summary>
    public long* Tiles;

    /// <summary>Event time of the newest payment.</summary>
    public long NewestMs;

    /// <summary>
    /// Row number + this = sequence number, which stays when rows move to the front.
    /// </summary>
    public long SequenceBase;

    /// <summary>
    /// First and one past the last event, as row numbers of the block. The row before the first
    /// carries the totals of all before it.
    /// </summary>
    public int Start;
    public int End;

    /// <summary>
    /// Events up to this time, seconds since the Unix epoch, may be missing: the key was evicted
    /// early and came back, or a value was too large to fold. 0: none are.
    /// </summary>
    public uint TruncatedSeconds;

    /// <summary>The last sweep that copied this key (<see cref="EntitySweep"/>).</summary>
    public ushort Epoch;

    /// <summary>The block holds 2^this rows.</summary>
    public byte RowsLog2;

    /// <summary>
    /// When the key's newest payment was folded, by <see cref="EarlyEviction.Now"/>.
    /// </summary>
    public byte Touched;

    public readonly UInt128 Key => new(KeyHigh, KeyLow);
}
