using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>No decision came in time. It says what is known.</summary>
public sealed class DecisionTimeoutException : TimeoutException
{
    internal DecisionTimeoutException(string paymentId, TimeSpan timeout, DecisionSource? position, bool mayBePublished, ReadDecision? other)
        : base($"no decision for payment {TerminalText.Escape(paymentId)} within {timeout.TotalMilliseconds:0} ms: "
            + (position is { } at ? $"it is published at {at}, and will be decided" : mayBePublished ? "the brokers have not acknowledged it; it may be published" : "it was not published")
            + (other is null ? "" : $"; another publication of that id, {other.Source}, was decided: {other.Record.Action}"))
    {
        (PaymentId, Position, MayBePublished, Other) = (paymentId, position, mayBePublished, other);
    }

    public string PaymentId { get; }

    /// <summary>
    /// Where the payment stands, which is its decision's id; null where the brokers have not
    /// acknowledged it.
    /// </summary>
    public DecisionSource? Position { get; }

    /// <summary>
    /// False where it is certain that the payment was not published, because the call's time went
    /// by before it was its turn.
    /// </summary>
    public bool MayBePublished { get; }

    /// <summary>
    /// A decision for another publication of the same payment id, such as an earlier try of the
    /// caller's; null where none came. Where ids are given to several payments it may be another
    /// payment's: only the decision at <see cref="Position"/> is certain to be this one's.
    /// </summary>
    public ReadDecision? Other { get; }
}
