using StreamScoring.Batches;

namespace StreamScoring.Emit;

/// <summary>Where decisions and dead letters go. Implemented by each port.</summary>
public interface IDecisionSink : IAsyncDisposable
{
    /// <summary>
    /// Sends all that the batch owes, in row order, and completes when every record is acknowledged. Called in stream order, and a
    /// later batch may be written before an earlier one is acknowledged: an implementation keeps the order per partition.
    /// </summary>
    /// <param name="batch">Decided. The sink must have taken what it needs when the method returns.</param>
    /// <param name="records">The encoded records of the batch.</param>
    /// <exception cref="DeliveryFailedException">A record failed for good; nothing behind it may be sent.</exception>
    Task WriteAsync(PaymentBatch batch, EncodedRecords records);
}
