using System.Runtime.Intrinsics;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// For which of 16 rows a comparison holds, by ranks. One type for each kind of split, so that no
/// row branches on it.
/// </summary>
internal interface IMaskTest
{
    /// <param name="limit">The threshold's rank; of ≤ the one behind it.</param>
    static abstract Vector256<short> Holds(Vector256<short> ranks, Vector256<short> limit);
}

/// <summary>≤; where a missing value stands in the order, its rank says.</summary>
internal readonly struct AtMost : IMaskTest
{
    // There is one vector instruction for >, and none for ≤.
    public static Vector256<short> Holds(Vector256<short> ranks, Vector256<short> limit) => Vector256.GreaterThan(limit, ranks);
}

/// <summary>≠; a missing value fails.</summary>
internal readonly struct Unequal : IMaskTest
{
    public static Vector256<short> Holds(Vector256<short> ranks, Vector256<short> limit) =>
        ~(Vector256.Equals(ranks, limit) | Vector256.Equals(ranks, Vector256.Create(RankColumns.Missing)));
}

/// <summary>≠; a missing value passes.</summary>
internal readonly struct UnequalOrMissing : IMaskTest
{
    public static Vector256<short> Holds(Vector256<short> ranks, Vector256<short> limit) => ~Vector256.Equals(ranks, limit);
}
