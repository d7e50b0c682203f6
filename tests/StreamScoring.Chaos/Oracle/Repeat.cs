namespace StreamScoring.Chaos.Oracle;

/// <summary>Whether a payment is one that was published before, as far as the logs say.</summary>
/// <param name="IsOne">Null where it may be either: records are gone, and a process may have folded
/// them or not.</param>
/// <param name="Firsts">Where it is or may be one: records one of whose decisions it may
/// repeat.</param>
/// <param name="MayBeDecidedAnew">Its first decision may be one that is not found any more.</param>
public readonly record struct Repeat(bool? IsOne, IReadOnlyList<PaymentLog.Entry> Firsts, bool MayBeDecidedAnew);
