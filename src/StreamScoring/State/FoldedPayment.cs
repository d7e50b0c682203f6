namespace StreamScoring.State;

/// <summary>A payment that was folded lately, as it stands in a head and in snapshots.</summary>
/// <param name="Log">The number of its log in <see cref="StateHead.Logs"/>.</param>
/// <param name="Block">The block of its log's clock.</param>
/// <param name="Hash">XXH128 of the payment's id.</param>
public readonly record struct FoldedPayment(int Log, long Offset, long TimestampMs, int Block, UInt128 Hash);
