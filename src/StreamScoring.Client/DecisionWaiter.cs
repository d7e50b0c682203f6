using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>One call that waits for its decision.</summary>
internal sealed class DecisionWaiter(string paymentId)
{
    public string PaymentId { get; } = paymentId;

    /// <summary>Where this call's publication stands; null until the brokers said so.</summary>
    public DecisionSource? Position { get; set; }

    /// <summary>Decisions of this payment id that came before the position was known.</summary>
    public List<ReadDecision> Early { get; } = [];

    /// <summary>
    /// The last decision of another publication of the same payment id. Where it conflicts, of
    /// another payment.
    /// </summary>
    public ReadDecision? Other { get; set; }

    public TaskCompletionSource<ReadDecision> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
