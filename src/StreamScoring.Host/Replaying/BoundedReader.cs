using StreamScoring.Batches;
using StreamScoring.Ingest;

namespace StreamScoring.Host.Replaying;

/// <summary>A log up to an offset: what lies behind it is not there yet.</summary>
/// <param name="taken">Everything before it was taken by others.</param>
internal sealed class BoundedReader(ILogReader inner, long taken) : ILogReader
{
    private long _taken = taken;

    /// <summary>Behind the last offset that may be taken.</summary>
    public long Bound { get; set; }

    /// <summary>Behind the last record that was taken.</summary>
    public long Taken => _taken;

    public int LogIndex => inner.LogIndex;

    public bool IsFollowed => inner.IsFollowed;

    /// <summary>Also where the next record that there is lies behind the bound.</summary>
    public bool IsAtEnd => _taken >= Bound || inner.IsAtEnd || (inner.TryPeek(out _) && inner.NextOffset >= Bound);

    public bool IsHeld => inner.IsHeld;

    public long NextOffset => inner.NextOffset;

    public ReadOnlySpan<byte> NextValue => inner.NextValue;

    public long NextTimestampMs => inner.NextTimestampMs;

    public void StartBatch() => inner.StartBatch();

    public bool TryPeek(out long mergeMs) => inner.TryPeek(out mergeMs) && inner.NextOffset < Bound;

    public int TakeInto(PaymentBatch batch, long throughMs, int rowsMax)
    {
        var (rows, room) = (batch.RowCount, Bound - inner.NextOffset);
        var count = inner.TakeInto(batch, throughMs, (int)Math.Min(rowsMax, room));
        if (count > 0)
        {
            _taken = batch.Offset[rows + count - 1] + 1;
        }

        return count;
    }

    public void Dispose()
    {
        // The source's.
    }
}
