using System.Diagnostics;
using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>
/// The pure part of the score stage: lanes, each with buffers of its own, that score batches side
/// by side. One more is opened when all are in use, up to a bound, and stays.
/// </summary>
public sealed class ScoringLanes : IDisposable
{
    /// <summary>
    /// A call that was told to end may need to come to the end of an operator. One that does not is
    /// given up, with its lane.
    /// </summary>
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(5);

    /// <summary>
    /// In so many looks the time is counted in which lanes are in calls while the graph is drained.
    /// </summary>
    private const int StopLooks = 20;

    private static readonly TimeSpan LookMin = TimeSpan.FromMilliseconds(1);

    private readonly IReadOnlyList<ServedModel> _models;
    private readonly ModelRests _rests;
    private readonly ModelChoice _choice;
    private readonly DeadlineLadder? _ladder;
    private readonly ICallMarks? _marks;
    private readonly TimeProvider _clock;
    private readonly int _rowsMax;
    private readonly int _laneCountMax;
    private readonly ShadowWorker[] _shadows;
    private readonly TimeSpan _shadowWaitMax;
    private readonly ReasonOptions _reasons;
    private readonly ModelFailures? _failures;

    private readonly object _gate = new();
    // Under the gate.
    private readonly Stack<Lane> _free = new();
    private readonly List<Lane> _lanes = [];
    private bool _isStopped;
    private bool _isOver;
    private bool _isDisposed;
    private int _busyLooks;
    private ITimer? _stopping;

    /// <param name="models">In the order of their roles; the champion is among them.</param>
    /// <param name="canary">Which payments are the canary's; null where there is none.</param>
    /// <param name="laneCount">Lanes that are opened at once.</param>
    /// <param name="laneCountMax">Calls that may run at a time; null: as many as are opened at
    /// once.</param>
    /// <param name="shadows">Models that score beside them; null: none.</param>
    /// <param name="reasons">Null: none are given.</param>
    /// <param name="failures">Told what the models failed of; null: nobody is.</param>
    /// <param name="late">Given answers of shadows that no batch waited for; null: they are only
    /// counted.</param>
    /// <param name="isBusy">Whether the process has no CPU left, so that shadows wait; null:
    /// never.</param>
    /// <param name="ladder">Null: every payment gets the models that decide.</param>
    /// <param name="marks">Null: nobody marks calls.</param>
    /// <param name="rests">Which models are left alone; null: none is by now.</param>
    internal ScoringLanes(
        IReadOnlyList<ServedModel> models, CanaryShare? canary, int laneCount, int rowsMax, TimeProvider clock, int? laneCountMax = null,
        ShadowOptions? shadows = null, ReasonOptions? reasons = null, ModelFailures? failures = null, ILateAnswers? late = null, Func<bool>? isBusy = null, DeadlineLadder? ladder = null, ICallMarks? marks = null, ModelRests? rests = null)
    {
        Invariant.Require(laneCount > 0);
        shadows ??= ShadowOptions.None;
        (_shadowWaitMax, _reasons, _failures) = (shadows.WaitMax, reasons ?? ReasonOptions.None, failures);
        (_models, _rowsMax, _clock, _laneCountMax) = (models, rowsMax, clock, laneCountMax ?? laneCount);
        (_choice, _ladder, _marks) = (new ModelChoice(models, canary), ladder, marks);
        _rests = rests ?? new ModelRests(clock, failures);
        _shadows = [.. shadows.Models.Select((shadow, i) => new ShadowWorker(shadow, i, rowsMax, clock, shadows.Meters, failures, late, isBusy, marks))];
        for (var i = 0; i < laneCount; i++)
        {
            _free.Push(Open());
        }
    }

    /// <summary>Lanes that are open.</summary>
    public int LaneCount
    {
        get
        {
            lock (_gate)
            {
                return _lanes.Count;
            }
        }
    }

    /// <summary>How much of the models payments get now.</summary>
    internal Rung Rung => _ladder?.Current ?? Rung.Full;

    /// <summary>
    /// Fills raw score and probability of the rows to decide, the shadow models' probabilities, and
    /// reasons.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The lanes are over: nobody wants the batch any
    /// more.</exception>
    public void Score(PaymentBatch batch)
    {
        batch.Clock.ScoreStarted = _clock.GetTimestamp();
        if (batch.DecideCount > 0)
        {
            var lane = Take();
            try
            {
                Score(batch, lane);
            }
            finally
            {
                GiveBack(lane);
            }
        }

        batch.Clock.Scored = _clock.GetTimestamp();
    }

    /// <summary>
    /// From now on models have so long in all: then calls that run end, and what is left gets no
    /// score. Whoever drains the graph leaves in time, though a model loops. Time in which batches
    /// wait for something else, such as a broker, does not count.
    /// </summary>
    public void StopAfter(TimeSpan time)
    {
        lock (_gate)
        {
            // A timer's period of less than a millisecond would be none.
            var look = time / StopLooks < LookMin ? LookMin : time / StopLooks;
            _stopping ??= _clock.CreateTimer(_ => StopIfBusyForLong(), null, look, look);
        }
    }

    /// <summary>The graph is over: batches on lanes fail, soon.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _isOver = true;
        }

        Stop();
    }

    /// <summary>
    /// Waits until every lane has come back, as none may be freed under a call. One that does not
    /// come back in time frees itself when it does.
    /// </summary>
    public void Dispose()
    {
        Abandon();
        lock (_gate)
        {
            _stopping?.Dispose();
            var since = Stopwatch.GetTimestamp();
            while (_free.Count < _lanes.Count && EndMax - Stopwatch.GetElapsedTime(since) is var left && left > TimeSpan.Zero)
            {
                Monitor.Wait(_gate, left);
            }

            _isDisposed = true;
            while (_free.TryPop(out var lane))
            {
                Free(lane);
            }
        }

        Array.ForEach(_shadows, shadow => shadow.Dispose());
    }

    private void Score(PaymentBatch batch, Lane lane)
    {
        var rung = _ladder is null ? Rung.Full : RungOf(batch, _ladder);
        var models = lane.Score(batch, rung, _clock);
        _ladder?.Took(rung, batch.DecideCount, models, _clock.GetElapsedTime(batch.Clock.ScoreStarted));
    }

    private Rung RungOf(PaymentBatch batch, DeadlineLadder ladder)
    {
        var now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        var (oldest, oldestInTime) = (0L, -1L);
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            var age = Math.Max(0, now - batch.LogTimestampMs[rowIndex]);
            oldest = Math.Max(oldest, age);
            oldestInTime = age <= ladder.DeadlineMs ? Math.Max(oldestInTime, age) : oldestInTime;
        }

        return ladder.Choose(batch.DecideCount, oldestInTime, oldest, LaneCount);
    }

    private Lane Take()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            return _free.TryPop(out var free) ? free : Open();
        }
    }

    private void GiveBack(Lane lane)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                Free(lane);
            }
            else
            {
                _free.Push(lane);
                Monitor.PulseAll(_gate);
            }

            // A call that was ended has made nothing of the batch that may be decided.
            ObjectDisposedException.ThrowIf(_isOver, this);
        }
    }

    private void StopIfBusyForLong()
    {
        lock (_gate)
        {
            if (_free.Count < _lanes.Count && ++_busyLooks == StopLooks)
            {
                Stop();
            }
        }
    }

    private void Free(Lane lane)
    {
        _lanes.Remove(lane);
        lane.Dispose();
    }

    private void Stop()
    {
        lock (_gate)
        {
            _isStopped = true;
            _lanes.ForEach(lane => lane.Stop());
        }
    }

    private Lane Open()
    {
        Invariant.Require(_lanes.Count < _laneCountMax);
        var lane = new Lane(
            [.. _models.Select((served, i) => new ModelLane(served, i, _rowsMax, _reasons, _rests.Of(served), i + 1 < _models.Count ? _models[i + 1].Id : null, _failures, _marks))], _choice, new ShadowLanes(_shadows, _shadowWaitMax, _rowsMax), _rowsMax);
        _lanes.Add(lane);
        if (_isStopped)
        {
            lane.Stop();
        }

        return lane;
    }

    private sealed class Lane(ModelLane[] models, ModelChoice choice, ShadowLanes shadows, int rowsMax) : IDisposable
    {
        private readonly int[] _rows = new int[rowsMax];

        /// <returns>What the models took.</returns>
        public TimeSpan Score(PaymentBatch batch, Rung rung, TimeProvider clock)
        {
            var rows = batch.DecideRows.AsSpan(0, batch.DecideCount);
            shadows.Begin(batch, waits: rung == Rung.Full);
            var started = clock.GetTimestamp();
            choice.Ask(batch, rows, rung);
            if (models.Length == 1 && rung == Rung.Full)
            {
                models[0].Score(batch, rows);
            }
            else
            {
                for (var model = 0; model < models.Length; model++)
                {
                    models[model].Score(batch, _rows.AsSpan(0, ModelChoice.RowsOf(batch, rows, model, _rows)));
                }
            }

            var took = clock.GetElapsedTime(started);
            shadows.End(batch, waits: rung == Rung.Full);
            return took;
        }

        public void Stop()
        {
            Array.ForEach(models, model => model.Stop());
        }

        public void Dispose()
        {
            Array.ForEach(models, model => model.Dispose());
            shadows.Dispose();
        }
    }
}
