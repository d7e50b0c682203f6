namespace StreamScoring.Features;

/// <summary>
/// A remembered label of a compacted payment, in one long: known-at time, whether it is part of the
/// tile's count, and whether it says fraud.
/// </summary>
internal static class LabelEntry
{
    /// <param name="label">Known-at time * 2 + fraud, as rows hold it.</param>
    public static long Of(long label, bool isCounted) => (label >> 1 << 2) | (isCounted ? 2L : 0) | (label & 1);

    public static long LabelOf(long entry) => (entry >> 2 << 1) | (entry & 1);

    public static bool IsCounted(long entry) => (entry & 2) != 0;

    public static bool IsFraud(long entry) => (entry & 1) != 0;

    public static long Counted(long entry) => entry | 2;
}
