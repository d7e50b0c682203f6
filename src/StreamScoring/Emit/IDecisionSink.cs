using StreamScoring.Batches;

namespace StreamScoring.Emit;

/// <summary>Where decisions and dead letters go. Implemented by each port.</summary>
public interface IDecisionSink : IAsyncDisposable
{
    /// <summary>
    /// Sends all records of <see cref="PaymentBatch.Encoded"/> in order and completes when every
    /// one is acknowledged. Called in stream order, and again before earlier batches are
    /// acknowledged: an implementation keeps the order per partition. The batch stays untouched by
    /// others until the task completes.
    /// </summary>
    /// <exception cref="DeliveryFailedException">A record failed for good; nothing behind it was
    /// sent.</exception>
    Task WriteAsync(PaymentBatch batch);
}
