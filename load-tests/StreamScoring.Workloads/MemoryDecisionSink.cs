using StreamScoring.Batches;
using StreamScoring.Emit;

namespace StreamScoring.Workloads;

/// <summary>
/// The port on in-memory logs: keeps every record it is given. It can be told to hold
/// acknowledgements back, as a stalled broker does.
/// </summary>
public sealed class MemoryDecisionSink : IDecisionSink
{
    private readonly Lock _lock = new();
    private readonly List<(int LogIndex, long Offset, bool IsDeadLetter, byte[] Value)> _records = [];
    private TaskCompletionSource? _stalled;

    /// <summary>All records in the order in which they were sent.</summary>
    public IReadOnlyList<(int LogIndex, long Offset, bool IsDeadLetter, byte[] Value)> Records
    {
        get
        {
            lock (_lock)
            {
                return [.. _records];
            }
        }
    }

    /// <summary>From now on nothing is acknowledged until <see cref="Resume"/>.</summary>
    public void Stall()
    {
        lock (_lock)
        {
            _stalled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Resume()
    {
        lock (_lock)
        {
            _stalled?.SetResult();
            _stalled = null;
        }
    }

    public Task WriteAsync(PaymentBatch batch)
    {
        lock (_lock)
        {
            foreach (var record in batch.Encoded.Records)
            {
                _records.Add((
                    batch.LogIndex[record.RowIndex], batch.Offset[record.RowIndex], record.IsDeadLetter,
                    batch.Encoded.Buffer.Written.Slice(record.ValueStart, record.ValueLength).ToArray()));
            }

            return _stalled?.Task ?? Task.CompletedTask;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
