using StreamScoring.Batches;
using StreamScoring.Ingest;

namespace StreamScoring.Workloads;

/// <summary>
/// A log in memory, appended to by a test or a simulation and read by one reader. It keeps its
/// records.
/// </summary>
public sealed class MemoryLog(int logIndex) : ILogReader
{
    private readonly List<(long TimestampMs, byte[] Value)> _records = [];
    private readonly Lock _lock = new();
    private readonly LookAhead _ahead = new();
    private readonly long[] _timestampsMs = new long[LookAhead.RecordsMax];
    private int _next;
    private int _seen;

    public int LogIndex => logIndex;

    /// <summary>The first offset that is decided; those before it are only folded.</summary>
    public long DecideFrom { get; init; }

    /// <summary>
    /// True where the process owns the log and so owes decisions; false where it only follows it.
    /// </summary>
    public bool IsOwned { get; init; } = true;

    public bool IsFollowed { get; init; }

    public bool IsHeld { get; set; }

    public long NextOffset => _next;

    public ReadOnlySpan<byte> NextValue => _records[_next].Value;

    public long NextTimestampMs => _records[_next].TimestampMs;

    /// <summary>Held at false, it acts as a log whose next record is still being fetched.</summary>
    public bool EndIsKnown { get; set; } = true;

    /// <summary>
    /// Records that a reader has looked at or taken, which may be one more than it has taken. From
    /// any thread.
    /// </summary>
    public int Seen => Volatile.Read(ref _seen);

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _records.Count;
            }
        }
    }

    /// <returns>The record's offset.</returns>
    public long Append(long timestampMs, byte[] value)
    {
        lock (_lock)
        {
            _records.Add((timestampMs, value));
            return _records.Count - 1;
        }
    }

    public void StartBatch()
    {
        lock (_lock)
        {
            Look();
        }
    }

    public bool TryPeek(out long mergeMs)
    {
        lock (_lock)
        {
            if (_ahead.Count == 0)
            {
                Look();
            }

            var isThere = _ahead.Count > 0;
            mergeMs = isThere ? _ahead.NextMs : 0;
            Volatile.Write(ref _seen, isThere ? _next + 1 : _next);
            return isThere;
        }
    }

    public bool IsAtEnd
    {
        get
        {
            lock (_lock)
            {
                return _next == _records.Count && EndIsKnown;
            }
        }
    }

    public int TakeInto(PaymentBatch batch, long throughMs, int rowsMax)
    {
        lock (_lock)
        {
            var taken = 0;
            while (taken < rowsMax && TryPeek(out var mergeMs) && mergeMs <= throughMs)
            {
                var (timestampMs, value) = _records[_next];
                batch.Append(logIndex, _next, timestampMs, IsOwned && _next >= DecideFrom, value, int.MaxValue);
                _ahead.Take();
                _next++;
                taken++;
            }

            return taken;
        }
    }

    public void Dispose()
    {
    }

    private void Look()
    {
        var count = Math.Min(_records.Count - _next, LookAhead.RecordsMax);
        if (count == _ahead.Count)
        {
            return;
        }

        for (var i = 0; i < count; i++)
        {
            _timestampsMs[i] = _records[_next + i].TimestampMs;
        }

        _ahead.Fill(_timestampsMs.AsSpan(0, count));
    }
}
