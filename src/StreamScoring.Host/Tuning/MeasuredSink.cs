using System.Diagnostics;
using StreamScoring.Batches;
using StreamScoring.Deployment.Tuning;
using StreamScoring.Emit;
using StreamScoring.Logs;

namespace StreamScoring.Host.Tuning;

/// <summary>
/// Stands before a trial's sink and takes the times at which payments are answered, by a decision
/// or a dead letter that the brokers acknowledged. The time counts from the hand-over of a
/// payment's answer, not from an acknowledgement: these come many at once, and the last would seem
/// to follow the first at no cost.
/// </summary>
/// <param name="answersWanted">Payments of the trial.</param>
/// <param name="warmUp">Payments before the time counts: until then code is still being compiled,
/// and connections made.</param>
/// <param name="withLatency">Whether the payments' timestamps are times at which they were to be
/// decided.</param>
internal sealed class MeasuredSink(IDecisionSink sink, LogTable logs, int answersWanted, int warmUp, bool withLatency) : IDecisionSink
{
    private readonly Lock _lock = new();
    private readonly List<double> _latenciesMs = [];
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _handedOver;
    private int _answers;
    private int _warmUp;
    private long _started;
    private TimeSpan _cpuAtStart;
    private TimeSpan _elapsed;
    private TimeSpan _cpu;

    /// <summary>Payments answered so far.</summary>
    public int Answers => Volatile.Read(ref _answers);

    /// <summary>Completes when all are.</summary>
    public Task Done => _done.Task;

    public async Task WriteAsync(PaymentBatch batch)
    {
        if (_handedOver == 0 || (_warmUp == 0 && _handedOver >= warmUp))
        {
            // Once with the first, as few payments may all be in one batch, and once more behind
            // the warm-up.
            (_warmUp, _cpuAtStart, _started) = (_handedOver, CpuTime(), Stopwatch.GetTimestamp());
        }

        // In stream order, by one thread at a time.
        _handedOver += CountPayments(batch);
        await sink.WriteAsync(batch);
        // Before the batch goes back to the pool.
        Note(batch);
    }

    public ValueTask DisposeAsync() => sink.DisposeAsync();

    /// <summary>Once it is done.</summary>
    public TrialFigures Figures()
    {
        var payments = answersWanted - _warmUp;
        _latenciesMs.Sort();
        return new TrialFigures(
            payments / _elapsed.TotalSeconds, _cpu.TotalMicroseconds / payments,
            withLatency ? Percentile(0.5) : null, withLatency ? Percentile(0.99) : null);
    }

    private double Percentile(double share) => _latenciesMs[Math.Min(_latenciesMs.Count - 1, (int)(_latenciesMs.Count * share))];

    private void Note(PaymentBatch batch)
    {
        var nowMs = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        lock (_lock)
        {
            for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
            {
                if (IsPayment(batch, rowIndex) && ++_answers > warmUp && withLatency)
                {
                    _latenciesMs.Add(nowMs - batch.LogTimestampMs[rowIndex]);
                }
            }

            if (_answers >= answersWanted && _elapsed == TimeSpan.Zero)
            {
                (_elapsed, _cpu) = (Stopwatch.GetElapsedTime(_started), CpuTime() - _cpuAtStart);
                _done.TrySetResult();
            }
        }
    }

    private bool IsPayment(PaymentBatch batch, int rowIndex) => batch.Decide[rowIndex] && logs.KindOf(batch.LogIndex[rowIndex]) == LogKind.Payments;

    private int CountPayments(PaymentBatch batch)
    {
        var count = 0;
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            count += IsPayment(batch, rowIndex) ? 1 : 0;
        }

        return count;
    }

    private static TimeSpan CpuTime() => Environment.CpuUsage.TotalTime;
}
