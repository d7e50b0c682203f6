using System.Runtime.Intrinsics;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// What a split does to the leaves that eight rows may still reach. One type for each kind of
/// split, so that no row branches on it.
/// </summary>
internal interface IMaskTest
{
    /// <summary>
    /// Whether a split's mask holds the leaves that stay where the comparison fails; else it holds
    /// those that go.
    /// </summary>
    static abstract bool MaskKeeps { get; }

    static abstract Vector256<uint> Apply(Vector256<uint> leaves, Vector256<float> values, Vector256<float> threshold, Vector256<uint> mask);
}

/// <summary>≤; a missing value fails.</summary>
internal readonly struct AtMost : IMaskTest
{
    public static bool MaskKeeps => true;

    public static Vector256<uint> Apply(Vector256<uint> leaves, Vector256<float> values, Vector256<float> threshold, Vector256<uint> mask) =>
        leaves & (Vector256.LessThanOrEqual(values, threshold).AsUInt32() | mask);
}

/// <summary>≤; a missing value passes, as it is not greater either.</summary>
internal readonly struct AtMostOrMissing : IMaskTest
{
    public static bool MaskKeeps => false;

    public static Vector256<uint> Apply(Vector256<uint> leaves, Vector256<float> values, Vector256<float> threshold, Vector256<uint> mask) =>
        Vector256.AndNot(leaves, Vector256.GreaterThan(values, threshold).AsUInt32() & mask);
}

/// <summary>≠; a missing value fails, as it alone differs from itself.</summary>
internal readonly struct Unequal : IMaskTest
{
    public static bool MaskKeeps => false;

    public static Vector256<uint> Apply(Vector256<uint> leaves, Vector256<float> values, Vector256<float> threshold, Vector256<uint> mask) =>
        Vector256.AndNot(leaves, (Vector256.Equals(values, threshold).AsUInt32() | ~Vector256.Equals(values, values).AsUInt32()) & mask);
}

/// <summary>≠; a missing value passes, as it equals nothing.</summary>
internal readonly struct UnequalOrMissing : IMaskTest
{
    public static bool MaskKeeps => false;

    public static Vector256<uint> Apply(Vector256<uint> leaves, Vector256<float> values, Vector256<float> threshold, Vector256<uint> mask) =>
        Vector256.AndNot(leaves, Vector256.Equals(values, threshold).AsUInt32() & mask);
}
