namespace StreamScoring.Batches;

/// <summary>Who wants to know what a batch's payments were decided to be.</summary>
internal interface IAwaitsDecision
{
    /// <summary>The batch is decided. On the deciding thread.</summary>
    void Decided(PaymentBatch batch);
}
