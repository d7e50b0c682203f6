namespace StreamScoring.Batches;

/// <summary>
/// Counts what went in and what came out, per process. Written once per batch by the first and the
/// last stage, read by anyone.
/// </summary>
public sealed class PipelineProgress
{
    private long _taken;
    private long _decided;
    private long _deadLettered;
    private long _folded;
    private volatile bool _isIdle;

    /// <summary>Records taken off the logs.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Payments whose decision is acknowledged.</summary>
    public long Decided => Volatile.Read(ref _decided);

    /// <summary>Records whose dead letter is acknowledged.</summary>
    public long DeadLettered => Volatile.Read(ref _deadLettered);

    /// <summary>
    /// Records that were only folded: labels, and payments that others decide or that were decided
    /// before.
    /// </summary>
    public long Folded => Volatile.Read(ref _folded);

    /// <summary>
    /// True while all logs are known to be at their ends and nothing is in flight.
    /// </summary>
    public bool IsIdle => _isIdle && Taken == Decided + DeadLettered + Folded;

    public void Took(PaymentBatch batch)
    {
        _isIdle = false;
        Volatile.Write(ref _taken, _taken + batch.RowCount);
    }

    /// <summary>The source looked and found nothing.</summary>
    /// <param name="allAtEnd">False while it waits for a log that may still have records.</param>
    public void FoundNothing(bool allAtEnd) => _isIdle = allAtEnd;

    public void Acknowledged(PaymentBatch batch)
    {
        var deadLettered = batch.Encoded.Records.Length - batch.DecideCount - batch.Encoded.BesideDecisionCount;
        Volatile.Write(ref _decided, _decided + batch.DecideCount);
        Volatile.Write(ref _deadLettered, _deadLettered + deadLettered);
        Volatile.Write(ref _folded, _folded + batch.RowCount - batch.DecideCount - deadLettered);
        Invariant.Require(_decided + _deadLettered + _folded <= Taken);
    }
}
