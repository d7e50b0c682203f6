using System.Collections.Concurrent;

namespace StreamScoring.Batches;

/// <summary>
/// A fixed number of batches. When all are out the source waits: the pool is the bound on rows in flight, and with it on memory.
/// </summary>
public sealed class PaymentBatchPool
{
    private readonly ConcurrentQueue<PaymentBatch> _free = new();
    private readonly BatchLayout _layout;
    private readonly int _rowsMax;
    private readonly int _bytesInitial;
    private int _made;
    private int _rented;

    public PaymentBatchPool(BatchLayout layout, int batchesMax, int rowsMax, int bytesInitial = 64 * 1024)
    {
        Invariant.Require(batchesMax > 0 && rowsMax > 0);
        (BatchesMax, _layout, _rowsMax, _bytesInitial) = (batchesMax, layout, rowsMax, bytesInitial);
    }

    public int BatchesMax { get; }

    /// <summary>Batches that are out now. A test ends by asserting that it is 0.</summary>
    public int Rented => Volatile.Read(ref _rented);

    /// <summary>Called on the returning thread whenever a batch comes back: how a source that found the pool empty is woken.</summary>
    public Action? Returned { get; set; }

    /// <returns>Null when all batches are out.</returns>
    public PaymentBatch? TryRent()
    {
        if (!_free.TryDequeue(out var batch))
        {
            if (Interlocked.Increment(ref _made) > BatchesMax)
            {
                Interlocked.Decrement(ref _made);
                return null;
            }

            batch = new PaymentBatch(_layout, _rowsMax, _bytesInitial);
        }

        Interlocked.Increment(ref _rented);
        return batch;
    }

    public void Return(PaymentBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Clear();
        var rented = Interlocked.Decrement(ref _rented);
        Invariant.Require(rented >= 0);
        _free.Enqueue(batch);
        Returned?.Invoke();
    }
}
