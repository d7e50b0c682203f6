using System.Runtime.InteropServices;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// A split as it bears on 16 leaves. Numbers of 16 bits stand in it twice, as 32 bits are quicker
/// to copy to all places of a vector.
/// </summary>
/// <param name="RanksAt">Where the column of ranks starts in a block, in bytes.</param>
/// <param name="Limit">As <see cref="IMaskTest.Holds"/> says, twice.</param>
/// <param name="Mask">A bit for each leaf that stays where the comparison fails, twice.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct MaskSplit(int RanksAt, int Limit, int Mask)
{
    public static MaskSplit Of(int ranksAt, int limit, ushort mask) => new(ranksAt * sizeof(short), Twice((ushort)limit), Twice(mask));

    public static int Twice(ushort value) => (value << 16) | value;
}
