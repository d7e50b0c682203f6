using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// A node of <see cref="TreeWalk"/>: one comparison, whatever the split. A row goes to the first
/// child where value ≤ threshold, or, by the sign bit, where -value ≤ threshold, and a missing
/// value always to the second.
/// </summary>
/// <param name="ValuesAt">Where the feature's column starts in a block; for a leaf, the column of
/// zeros.</param>
/// <param name="First">The first child; the second is next to it. For a leaf, itself: whoever is
/// there stays.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct WalkNode(uint Sign, float Threshold, int ValuesAt, int First)
{
    private const uint Negated = 0x8000_0000;

    /// <summary>value ≤ threshold is first.</summary>
    public static WalkNode AtMost(float threshold, int valuesAt, int first) => new(0, threshold, valuesAt, first);

    /// <summary>value &gt; threshold is first.</summary>
    public static WalkNode Above(float threshold, int valuesAt, int first) => new(Negated, Below(-threshold), valuesAt, first);

    public static WalkNode Leaf(int zerosAt, int itself) => new(0, float.PositiveInfinity, zerosAt, itself);

    /// <summary>
    /// A float x is at most this exactly where x is less than the threshold. NaN, at which no x is,
    /// for the lowest.
    /// </summary>
    public static float Below(float threshold) => float.IsNegativeInfinity(threshold) ? float.NaN : MathF.BitDecrement(threshold);

    /// <param name="bits">The value's.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Next(uint bits)
    {
        var isFirst = BitConverter.UInt32BitsToSingle(bits ^ Sign) <= Threshold;
        // The byte that the comparison leaves: a conditional expression may become a jump.
        return First + 1 - Unsafe.BitCast<bool, byte>(isFirst);
    }
}
