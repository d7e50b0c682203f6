using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// The pipeline refused the payment: it is a dead letter, and no decision will come.
/// </summary>
/// <param name="reason">As in docs/wire-format.md: <c>unknown_currency</c>, …</param>
public sealed class PaymentRefusedException(string paymentId, DecisionSource position, string reason)
    : Exception(TerminalText.Escape($"payment {paymentId} at {position} was refused: {reason}"))
{
    public string PaymentId { get; } = paymentId;

    public DecisionSource Position { get; } = position;

    public string Reason { get; } = reason;
}
