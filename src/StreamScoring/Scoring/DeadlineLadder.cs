using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>
/// Chooses how much of a model a batch gets, so that payments are decided within their budget: the
/// models that decide, the small one, or none. A batch that would not be done in time, where
/// scoring is what takes the time, gets less by itself: something may have held it up once. Where
/// that is so for many, all get less; they get more again once the rung above would have fit for a
/// while, and each time that was too early it waits for longer. Shared by the lanes of a policy.
/// </summary>
/// <param name="budgetMs">From a payment's log timestamp to its decision.</param>
/// <param name="full">Seconds that the model which decides took of so many rows when it was loaded;
/// 0 where nobody measured.</param>
/// <param name="small">So for the small model; null where there is none.</param>
/// <param name="changed">Told of each step: from, to; null: nobody is.</param>
internal sealed class DeadlineLadder(TimeProvider clock, long budgetMs, Func<int, double> full, Func<int, double>? small, Action<Rung, Rung>? changed = null)
{
    /// <summary>Lanes that are in calls for so much of their time are what holds payments up.
    /// </summary>
    internal const double BusyShare = 0.8;

    /// <summary>So is a call that takes so much of the budget.</summary>
    private const double CallShare = 0.1;

    /// <summary>What is left of the budget for all behind the models.</summary>
    private const double Reserve = 0.1;

    /// <summary>
    /// With the rung above, lanes must be busy for less than this, and payments be this young.
    /// </summary>
    private const double UpBusyShare = 0.6, UpAgeShare = 0.3;

    internal static readonly TimeSpan UpAfter = TimeSpan.FromSeconds(1), UpAfterMax = TimeSpan.FromMinutes(1);

    /// <summary>
    /// What a row costs is not believed for ever, as nothing measures it on a lower rung: after so
    /// many times the wait for a step up the rung above is tried.
    /// </summary>
    internal const int TrialWaits = 10;

    /// <summary>Below so long on the rung above, stepping up was too early.</summary>
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(10);

    /// <summary>For so long after a step up the two below hold.</summary>
    private static readonly TimeSpan SoonAfter = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Payments that have used this share of their time end the step: what comes behind them can
    /// still be in time.
    /// </summary>
    private const double SoonLateShare = 0.5;

    /// <summary>
    /// A call may take so many times as long as it is known to: under load it does.
    /// </summary>
    private const double Caution = 2;

    /// <summary>
    /// What is late must have become younger by this share of the time, looked at for so long.
    /// </summary>
    private const double CatchUp = 0.2;

    private static readonly TimeSpan LateFor = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// From this share of payments on that get less for want of time it is no exception.
    /// </summary>
    private const double LowerShare = 0.2;

    private static readonly TimeSpan LowerSpan = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Lanes are looked at for this share of the budget: those that were idle have to be known as
    /// busy before payments are late.
    /// </summary>
    private const double BusySpan = 0.5;

    private readonly Lock _gate = new();
    private readonly MovingRate _busy = new(clock, TimeSpan.FromMilliseconds(BusySpan * budgetMs)), _rows = new(clock, LowerSpan), _lower = new(clock, LowerSpan);
    private readonly CallCosts[] _costs = [new(clock, full), new(clock, small ?? (_ => 0))];
    private Rung _rung = Rung.Full;
    private TimeSpan _upAfter = UpAfter;
    private long _steppedAt = clock.GetTimestamp();

    private bool _wasUp;

    /// <summary>Since when the rung above would do; null: it would not.</summary>
    private long? _fitsSince;

    /// <summary>When payments were how old that are past their budget; null: none are.</summary>
    private (long At, long OldestMs)? _late;

    /// <summary>
    /// A payment that is older is taken for late: what is left is for the steps behind the models.
    /// </summary>
    public double DeadlineMs { get; } = budgetMs * (1 - Reserve);

    /// <summary>What payments get now, those that are past their budget aside.</summary>
    public Rung Current
    {
        get
        {
            lock (_gate)
            {
                return _rung;
            }
        }
    }

    /// <param name="rows">Of the batch.</param>
    /// <param name="ageMs">How old the oldest payment is that is not past <see cref="DeadlineMs"/>;
    /// negative where all are. A payment that is past it already is late with or without a model,
    /// so it gets what there is.</param>
    /// <param name="oldestMs">How old the oldest payment of all is.</param>
    /// <param name="laneCount">Lanes that are open.</param>
    public Rung Choose(int rows, long ageMs, long oldestMs, int laneCount)
    {
        Rung from, to, chosen;
        lock (_gate)
        {
            _rows.Add(rows);
            from = _rung;
            chosen = ageMs >= 0 ? Fitting(rows, ageMs, laneCount) : from;
            _lower.Add(chosen > from ? rows : 0);
            // What it was spared counts: else those behind it would find a lane that is not busy.
            _busy.Add(chosen > from ? CostOf(from, rows) : 0);
            if (from != Rung.Rules && ((chosen > from && IsOftenTooSlow()) || DoesNotCatchUp(oldestMs, laneCount) || HasSteppedUpTooEarly(rows, oldestMs, laneCount)))
            {
                Step(Below(from));
            }
            else if (chosen == from && from != Rung.Full && IsTimeToStepUp(rows, ageMs, laneCount))
            {
                Step(Above(from));
                chosen = _rung;
            }

            to = _rung;
        }

        if (from != to)
        {
            changed?.Invoke(from, to);
        }

        return chosen > to ? chosen : to;
    }

    /// <summary>A batch was scored.</summary>
    /// <param name="models">What the models took of it.</param>
    /// <param name="lane">How long it was on its lane.</param>
    public void Took(Rung rung, int rows, TimeSpan models, TimeSpan lane)
    {
        lock (_gate)
        {
            _busy.Add(lane.TotalSeconds);
            if (rung != Rung.Rules)
            {
                _costs[(int)rung].Add(rows, models.TotalSeconds);
            }
        }
    }

    private TimeSpan TrialAfter => Capped(TrialWaits * _upAfter);

    private double CostOf(Rung rung, int rows) => rung == Rung.Rules ? 0 : _costs[(int)rung].Of(rows);

    private Rung Above(Rung rung) => rung == Rung.Rules && small is not null ? Rung.Small : Rung.Full;

    private Rung Below(Rung rung) => rung == Rung.Full && small is not null ? Rung.Small : Rung.Rules;

    /// <summary>The rung of now, or the highest one below it that the batch has the time for.
    /// </summary>
    private Rung Fitting(int rows, long ageMs, int laneCount)
    {
        var caution = _wasUp && clock.GetElapsedTime(_steppedAt) < SoonAfter ? Caution : 1;
        var rung = _rung;
        while (rung != Rung.Rules && !IsTimeFor(rung, rows, ageMs, caution) && IsHeldUpByScoring(rung, rows, laneCount))
        {
            rung = Below(rung);
        }

        return rung;
    }

    private bool IsTimeFor(Rung rung, int rows, long ageMs, double caution) => caution * CostOf(rung, rows) * 1000 <= DeadlineMs - ageMs;

    /// <summary>
    /// Payments are past their budget, and what is late does not become less: it is no backlog that
    /// is worked off, but more than can be scored.
    /// </summary>
    private bool DoesNotCatchUp(long oldestMs, int laneCount)
    {
        var now = clock.GetTimestamp();
        if (oldestMs <= DeadlineMs)
        {
            _late = null;
            return false;
        }

        if (_late is not { } late)
        {
            _late = (now, oldestMs);
            return false;
        }

        var elapsed = clock.GetElapsedTime(late.At, now);
        if (elapsed < LateFor)
        {
            return false;
        }

        _late = (now, oldestMs);
        return oldestMs - late.OldestMs > -CatchUp * elapsed.TotalMilliseconds && _busy.Now >= BusyShare * laneCount;
    }

    private bool IsOftenTooSlow() => _lower.Now > LowerShare * _rows.Now && clock.GetElapsedTime(_steppedAt) >= LowerSpan;

    private bool IsHeldUpByScoring(Rung rung, int rows, int laneCount) =>
        _busy.Now >= BusyShare * laneCount || CostOf(rung, rows) * 1000 >= CallShare * budgetMs;

    /// <summary>
    /// Payments were young when it stepped up, so what is late now became so since.
    /// </summary>
    private bool HasSteppedUpTooEarly(int rows, long oldestMs, int laneCount) =>
        _wasUp && clock.GetElapsedTime(_steppedAt) is var up && up < Steady && oldestMs > (up < SoonAfter ? SoonLateShare : 1) * DeadlineMs && IsHeldUpByScoring(_rung, rows, laneCount);

    /// <summary>
    /// With a batch that has the time for it. What it would take may have been measured at a bad
    /// time, and nothing measures it again on the rung below: so after twice the wait any batch
    /// will do. A trial does not ask that payments are young: what makes them old may be no matter
    /// of this process.
    /// </summary>
    private bool IsTimeToStepUp(int rows, long ageMs, int laneCount)
    {
        var now = clock.GetTimestamp();
        var isYoung = ageMs >= 0 && ageMs <= UpAgeShare * budgetMs;
        var fits = isYoung && _rows.Now * _costs[(int)Above(_rung)].PerRow <= UpBusyShare * laneCount;
        _fitsSince = fits ? _fitsSince ?? now : null;
        var waits = ageMs >= 0 && IsTimeFor(Above(_rung), rows, ageMs, Caution) ? 1 : 2;
        return clock.GetElapsedTime(_steppedAt, now) >= waits * TrialAfter || (_fitsSince is { } since && clock.GetElapsedTime(since, now) >= waits * _upAfter);
    }

    private void Step(Rung to)
    {
        var now = clock.GetTimestamp();
        var isDown = to > _rung;
        if (isDown)
        {
            var wasTooEarly = _wasUp && clock.GetElapsedTime(_steppedAt, now) < Steady;
            _upAfter = wasTooEarly ? Capped(2 * _upAfter) : UpAfter;
        }

        (_rung, _steppedAt, _fitsSince, _wasUp, _late) = (to, now, null, !isDown, null);
        _lower.Clear();
    }

    private static TimeSpan Capped(TimeSpan wait) => wait < UpAfterMax ? wait : UpAfterMax;
}
