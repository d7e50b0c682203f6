using System.Runtime.InteropServices;

namespace StreamScoring.Lists;

/// <summary>
/// The first 96 bits of an entry's hash: enough for ten million entries, as nobody can aim at one
/// without the key.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct EntryHash(ulong High, uint Low) : IComparable<EntryHash>
{
    /// <summary>Bytes of one.</summary>
    public const int Size = sizeof(ulong) + sizeof(uint);

    public static EntryHash Of(UInt128 hash) => new((ulong)(hash >> 64), (uint)((ulong)hash >> 32));

    public int CompareTo(EntryHash other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);
}
