namespace StreamScoring.State;

/// <summary>A payment that was folded lately, as it stands in a head and in snapshots.</summary>
/// <param name="Log">The number of its log in <see cref="StateHead.Logs"/>.</param>
/// <param name="Block">The block of its log's clock.</param>
/// <param name="Hash">Of the payment's id.</param>
/// <param name="Content">Of what else makes it that payment.</param>
public readonly record struct FoldedPayment(int Log, long Offset, long TimestampMs, int Block, UInt128 Hash, ulong Content)
{
    /// <summary>
    /// Its size in snapshots: <see cref="Log"/>, <see cref="Offset"/>, <see cref="TimestampMs"/>,
    /// <see cref="Block"/>, the two words of the hash, the content.
    /// </summary>
    internal const int Longs = 7;
}
