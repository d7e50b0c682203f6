namespace StreamScoring.Scoring;

/// <summary>Where a shadow's answers go that their decisions did not wait for.</summary>
public interface ILateAnswers
{
    /// <summary>
    /// Takes one answer. From any thread; it does not wait: what there is no room for is counted by
    /// whoever takes it.
    /// </summary>
    /// <param name="model">The shadow, as decisions name it.</param>
    /// <param name="logIndex">With the offset: the payment's position.</param>
    /// <param name="paymentId">UTF-8.</param>
    /// <param name="probability">In [0, 1].</param>
    void Add(string model, int logIndex, long offset, ReadOnlySpan<byte> paymentId, double probability);
}
