using System.Collections.Concurrent;

namespace StreamScoring.Batches;

/// <summary>
/// A bounded number of batches. When all are out the source waits: the pool is the bound on rows in
/// flight, and with it on memory. One thread rents; any may return.
/// </summary>
public sealed class PaymentBatchPool
{
    private readonly ConcurrentQueue<PaymentBatch> _free = new();
    private readonly GrowingLayout _layout;
    private readonly int _bytesInitial;
    private volatile int _batchesMax;
    private volatile int _rowsMax;
    private int _rented;

    public PaymentBatchPool(BatchLayout layout, int batchesMax, int rowsMax, int bytesInitial = 64 * 1024)
        : this(new GrowingLayout(layout), batchesMax, rowsMax, bytesInitial)
    {
    }

    internal PaymentBatchPool(GrowingLayout layout, int batchesMax, int rowsMax, int bytesInitial)
    {
        Invariant.Require(batchesMax > 0 && rowsMax > 0);
        (_batchesMax, _layout, _rowsMax, _bytesInitial) = (batchesMax, layout, rowsMax, bytesInitial);
    }

    public int BatchesMax => _batchesMax;

    /// <summary>Rows of a batch that is rented from now on.</summary>
    public int RowsMax => _rowsMax;

    /// <summary>Batches that are out now. A test ends by asserting that it is 0.</summary>
    public int Rented => Volatile.Read(ref _rented);

    /// <summary>
    /// Called on the returning thread whenever a batch comes back: how a source that found the pool
    /// empty is woken.
    /// </summary>
    public Action? Returned { get; set; }

    /// <returns>Null when all batches are out.</returns>
    public PaymentBatch? TryRent()
    {
        if (Rented >= _batchesMax)
        {
            return null;
        }

        Interlocked.Increment(ref _rented);
        // A batch keeps the columns that it was made with. One of another size is let go and
        // another is made, once for each batch after a change.
        return _free.TryDequeue(out var batch) && batch.RowsMax == _rowsMax ? batch : new PaymentBatch(_layout.Current, _rowsMax, _bytesInitial);
    }

    public void Return(PaymentBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Clear();
        if (Rented <= _batchesMax && batch.RowsMax == _rowsMax)
        {
            // Before the count goes down: whoever may rent then finds it, and no batch is made
            // beside it.
            _free.Enqueue(batch);
        }

        var rented = Interlocked.Decrement(ref _rented);
        Invariant.Require(rented >= 0);
        Returned?.Invoke();
    }

    /// <summary>
    /// Changes both bounds while batches are out. Those that are too many, or of another size, go
    /// as they come back.
    /// </summary>
    public void Resize(int batchesMax, int rowsMax)
    {
        Invariant.Require(batchesMax > 0 && rowsMax > 0);
        (_batchesMax, _rowsMax) = (batchesMax, rowsMax);
        while (_free.Count + Rented > batchesMax && _free.TryDequeue(out _))
        {
            // Memory that nobody may rent any more.
        }
    }
}
