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

    /// <summary>First and one past the last event, as row numbers of the block. The row before the first carries the totals of all before it.</summary>
    public int Start;
    public int End;

    /// <summary>The block holds 2^this rows.</summary>
    public int RowsLog2;

    /// <summary>Row number + this = sequence number, which stays when rows move to the front.</summary>
    public int SequenceBase;

    /// <summary>Event time of the newest payment.</summary>
    public long NewestMs;
}
