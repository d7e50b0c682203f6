using System.Diagnostics;
using System.Runtime.ExceptionServices;
using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>
/// A shadow model's own thread, beside all lanes. It scores copies of the rows in the order in
/// which they come, so that a call that takes long, or never comes back, holds nothing of the
/// champion's. Where the process has no CPU left it waits; where too much waits for it, payments
/// are skipped. A model whose calls come back is scored by the lanes where that is quicker.
/// </summary>
internal sealed class ShadowWorker : IDisposable
{
    private static readonly TimeSpan RestFirst = TimeSpan.FromSeconds(1), RestMax = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long it may go on with what waits when nobody asks any more; and then how long a call
    /// may take to end.
    /// </summary>
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(10);

    /// <summary>Bytes of rows that may wait, and rows at most.</summary>
    private const int WaitingBytesMax = 32 << 20, WaitingRowsMax = 32_768;

    private readonly object _gate = new();
    private readonly ShadowModel _shadow;
    private readonly ModelFailures? _failures;
    private readonly Func<bool>? _isBusy;
    private readonly MarkedCalls _calls;
    private readonly int _rowsMax;
    private readonly Thread _thread;

    // Under the gate.
    private readonly Queue<ShadowJob> _waiting = new();
    private readonly Stack<ShadowJob> _free = new();
    private readonly RestTime _rest, _waitRest;
    private readonly CallCosts _costs;
    private int _waitingRows;
    private Exception? _bug;
    private bool _isOver;
    private volatile bool _isCut;

    /// <param name="index">Among the shadows.</param>
    /// <param name="batchRowsMax">Rows of a batch.</param>
    /// <param name="failures">Told what it failed of; null: nobody is.</param>
    /// <param name="late">Given answers that no batch waited for; null: they are only
    /// counted.</param>
    /// <param name="isBusy">Null: the process always has CPU left.</param>
    /// <param name="marks">Null: nobody marks calls.</param>
    public ShadowWorker(ShadowModel shadow, int index, int batchRowsMax, TimeProvider clock, ShadowMeters? meters, ModelFailures? failures, ILateAnswers? late, Func<bool>? isBusy, ICallMarks? marks = null)
    {
        (_shadow, Index, Meters, _failures, Late, _isBusy) = (shadow, index, meters, failures, late, isBusy);
        (_rest, _waitRest, _costs) = (new RestTime(clock), new RestTime(clock), new CallCosts(clock, shadow.Model.SecondsOf));
        var inputs = shadow.Model.Inputs.Count;
        _rowsMax = Math.Max(batchRowsMax, Math.Min(WaitingRowsMax, WaitingBytesMax / sizeof(double) / inputs));
        _calls = new MarkedCalls(shadow.Model.OpenLane([.. Enumerable.Range(0, inputs)], batchRowsMax), marks?.Open(shadow.Model.Version), Failed);
        _thread = new Thread(Run) { IsBackground = true, Name = $"shadow {shadow.Id}" };
        _thread.Start();
    }

    public int Index { get; }

    public ShadowMeters? Meters { get; }

    public ILateAnswers? Late { get; }

    /// <summary>For a lane that scores rows itself; null where the model may not come back from a
    /// call.</summary>
    public QuickShadow? OpenQuick(int rowsMax) => _shadow.Model.IsManaged ? new QuickShadow(this, _shadow, rowsMax) : null;

    /// <returns>Seconds that so many rows take; infinite where nobody knows, and where now is no
    /// time for a lane to score them.</returns>
    public double SecondsOf(int rowCount)
    {
        lock (_gate)
        {
            ThrowBug();
            return _rest.IsResting || _isOver || _costs.PerRow == 0 || _isBusy?.Invoke() == true ? double.PositiveInfinity : Math.Max(_costs.Of(rowCount), rowCount * _costs.PerRow);
        }
    }

    /// <summary>The model was asked, on whichever thread.</summary>
    /// <param name="answered">Rows that it gave a number.</param>
    /// <param name="began">By <see cref="Stopwatch.GetTimestamp"/>.</param>
    public void Asked(int rowCount, int answered, long began)
    {
        lock (_gate)
        {
            _costs.Add(rowCount, Stopwatch.GetElapsedTime(began).TotalSeconds);
            if (answered > 0)
            {
                _rest.End();
            }
            else if (!_isCut)
            {
                _rest.Rest(RestFirst, RestMax);
            }
        }
    }

    public void Failed(Exception cause) => _failures?.Add(_shadow.Id, cause);

    /// <summary>Has the rows of a batch scored, unless it rests or too much waits.</summary>
    /// <returns>Null where they are skipped, which is counted.</returns>
    /// <exception cref="InvariantBrokenException">Our bug came up in an earlier call.</exception>
    public ShadowJob? Begin(PaymentBatch batch, ReadOnlySpan<int> rows)
    {
        ShadowJob? job = null;
        lock (_gate)
        {
            ThrowBug();
            var skipped = _rest.IsResting ? ShadowOutcome.Resting : _isOver ? ShadowOutcome.Ended : _waitingRows + rows.Length > _rowsMax ? ShadowOutcome.Busy : ShadowOutcome.Scored;
            if (skipped != ShadowOutcome.Scored)
            {
                Count(skipped, rows.Length);
                return null;
            }

            // By the gate alone: the rows are copied outside of it.
            _waitingRows += rows.Length;
            job = _free.TryPop(out var free) ? free : new ShadowJob(this, _shadow);
        }

        job.Take(batch, rows);
        lock (_gate)
        {
            _waiting.Enqueue(job);
            Monitor.PulseAll(_gate);
        }

        return job;
    }

    /// <summary>Takes the answer into the batch if it is there in time.</summary>
    /// <param name="job">Of <see cref="Begin"/>; null where the rows were skipped.</param>
    /// <param name="until">By <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>. It is not
    /// waited for so long where it came late lately.</param>
    public void End(ShadowJob? job, long until, PaymentBatch batch, ReadOnlySpan<int> rows)
    {
        var probabilities = batch.Shadows.Column(Index);
        if (job is null)
        {
            foreach (var rowIndex in rows)
            {
                probabilities[rowIndex] = double.NaN;
            }

            return;
        }

        bool waits;
        lock (_gate)
        {
            waits = !_waitRest.IsResting;
        }

        var answered = job.Take(waits ? until : 0, batch, probabilities);
        if (answered >= 0)
        {
            Count(ShadowOutcome.Scored, answered);
            Count(ShadowOutcome.Failed, rows.Length - answered);
            GiveBack(job);
        }

        lock (_gate)
        {
            ThrowBug();
            if (waits && answered >= 0)
            {
                _waitRest.End();
            }
            else if (waits)
            {
                _waitRest.Rest(RestFirst, RestMax);
            }
        }
    }

    /// <summary>From any thread.</summary>
    public void Count(ShadowOutcome outcome, int payments)
    {
        if (payments > 0)
        {
            Meters?.Asked(Index, outcome, payments);
        }
    }

    /// <summary>Nobody has the job any more.</summary>
    public void GiveBack(ShadowJob job)
    {
        lock (_gate)
        {
            _free.Push(job);
        }
    }

    /// <summary>
    /// Goes on with what waits, for a bounded time, and ends the thread; one that is in a call that
    /// does not return is given up, and its buffers with it.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            Monitor.PulseAll(_gate);
        }

        if (!_thread.Join(EndMax))
        {
            _isCut = true;
            _calls.Stop();
        }

        if (_thread.Join(EndMax))
        {
            _calls.Dispose();
        }

        lock (_gate)
        {
            Count(ShadowOutcome.Ended, _waitingRows);
        }
    }

    private void Run()
    {
        while (Next() is { } job)
        {
            var (answered, isOurs, began) = (0, false, Stopwatch.GetTimestamp());
            try
            {
                answered = job.Score(_calls);
            }
            catch (InvariantBrokenException e)
            {
                isOurs = true;
                lock (_gate)
                {
                    _bug ??= e;
                }
            }
            catch (Exception e)
            {
                // It must not end the process, and the champion never hears of it.
                Failed(e);
            }

            if (!isOurs)
            {
                Asked(job.RowCount, answered, began);
            }

            lock (_gate)
            {
                _waitingRows -= job.RowCount;
            }

            job.Answered();
        }
    }

    /// <returns>Null where it is over.</returns>
    private ShadowJob? Next()
    {
        lock (_gate)
        {
            while (true)
            {
                if (_isCut || (_isOver && _waiting.Count == 0))
                {
                    return null;
                }

                if (_waiting.Count == 0)
                {
                    Monitor.Wait(_gate);
                }
                else if (!_isOver && _isBusy?.Invoke() == true)
                {
                    // Whoever decides comes first.
                    Monitor.Wait(_gate, LookAgain);
                }
                else
                {
                    return _waiting.Dequeue();
                }
            }
        }
    }

    /// <summary>
    /// Our bug stops the graph, on whichever thread it comes up. Under the gate.
    /// </summary>
    private void ThrowBug()
    {
        if (_bug is not null)
        {
            ExceptionDispatchInfo.Throw(_bug);
        }
    }
}
