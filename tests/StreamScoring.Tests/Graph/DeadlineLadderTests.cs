using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Scoring;

namespace StreamScoring.Tests.Graph;

/// <summary>The deadline ladder in virtual time: payments come, and one lane scores them.</summary>
public sealed class DeadlineLadderTests
{
    private const int BudgetMs = 100, RowsMax = 64;

    private readonly ManualClock _clock = new();
    private readonly List<(Rung From, Rung To)> _steps = [];
    private readonly Queue<double> _waiting = new();
    private double _nextMs;

    [Theory]
    [InlineData(true, 3)]
    [InlineData(true, 1.3)]
    [InlineData(false, 3)]
    public void Under_more_than_it_can_score_every_payment_is_in_time_and_it_does_not_go_back_and_forth(bool hasSmall, double load)
    {
        // Full: 25 ms a batch of 64, so 2,560 a second.
        var ladder = New(hasSmall);
        var (late, rungs) = Run(ladder, seconds: 60, perSecond: _ => 2560 * load, fullMs: rows => 1 + (24.0 * rows / RowsMax), smallMs: _ => 1);
        Assert.Equal(0, late);
        Assert.True(rungs[(int)(hasSmall ? Rung.Small : Rung.Rules)] > rungs.Sum() / 2);
        Assert.Equal(0, hasSmall ? rungs[(int)Rung.Rules] : rungs[(int)Rung.Small]);
        Assert.InRange(_steps.Count, 1, 12);
    }

    [Fact]
    public void Below_what_it_can_score_nothing_gets_less()
    {
        var (late, rungs) = Run(New(hasSmall: true), seconds: 30, perSecond: _ => 1500, fullMs: rows => 1 + (24.0 * rows / RowsMax), smallMs: _ => 1);
        Assert.Equal((0, 0, 0), (late, rungs[(int)Rung.Small], rungs[(int)Rung.Rules]));
        Assert.Empty(_steps);
    }

    [Fact]
    public void After_a_peak_it_is_back_at_full_and_stays_there()
    {
        var (late, _) = Run(New(hasSmall: true), seconds: 60, perSecond: second => second is >= 10 and < 20 ? 7000 : 1000, fullMs: rows => 1 + (24.0 * rows / RowsMax), smallMs: _ => 1);
        Assert.Equal(0, late);
        Assert.Equal((Rung.Small, Rung.Full), _steps[^1]);
        Assert.InRange(_steps.Count, 2, 4);
        Assert.Equal(Rung.Full, _ladder!.Current);
    }

    [Fact]
    public void Where_scoring_is_not_what_takes_the_time_nobody_gets_less()
    {
        var ladder = New(hasSmall: true);
        for (var i = 0; i < 10_000; i++)
        {
            // 0.2 ms a batch, twenty times a second; no payment has any time left.
            Assert.Equal(Rung.Full, ladder.Choose(RowsMax, 90, 90, laneCount: 1));
            ladder.Took(Rung.Full, RowsMax, TimeSpan.FromMilliseconds(0.2), TimeSpan.FromMilliseconds(0.2));
            _clock.Advance(TimeSpan.FromMilliseconds(50));
        }
    }

    [Fact]
    public void A_backlog_that_is_worked_off_is_scored_in_full()
    {
        // A minute of 1,000 a second waits; 2,560 a second are scored.
        var (_, rungs) = Run(New(hasSmall: true), seconds: 30, perSecond: _ => 1000, fullMs: rows => 1 + (24.0 * rows / RowsMax), smallMs: _ => 1, waitingMs: 60_000);
        Assert.Equal((0, 0), (rungs[(int)Rung.Small], rungs[(int)Rung.Rules]));
        Assert.Empty(_steps);
    }

    [Fact]
    public void What_fell_behind_under_too_much_load_comes_back_into_its_budget()
    {
        var ladder = New(hasSmall: true);
        var (late, rungs) = Run(ladder, seconds: 60, perSecond: _ => 7680, fullMs: rows => 1 + (24.0 * rows / RowsMax), smallMs: _ => 1, waitingMs: 300);
        Assert.Equal(Rung.Small, ladder.Current);
        Assert.Equal(0, rungs[(int)Rung.Rules]);
        // Behind for as long as it looks whether it catches up, and no longer.
        Assert.InRange(late, 1, 7680 * 2);
        Assert.InRange(_steps.Count, 1, 12);
    }

    [Fact]
    public void Where_the_small_one_is_too_slow_too_rules_decide()
    {
        var (late, rungs) = Run(New(hasSmall: true), seconds: 30, perSecond: _ => 7680, fullMs: _ => 60, smallMs: _ => 40);
        Assert.True(rungs[(int)Rung.Rules] > rungs.Sum() / 2);
        Assert.True(late < rungs.Sum() / 100);
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 2)]
    [InlineData(true, 100)]
    public void A_first_call_that_was_large_keeps_nobody_from_small_ones(bool hasSmall, double perSecond)
    {
        // At first 64 rows wait and take 200 ms. Alone each takes 4 ms, and then they come one by
        // one.
        var ladder = New(hasSmall);
        var (_, _) = Run(ladder, seconds: 1, perSecond: _ => 500, fullMs: rows => 3.2 * rows, smallMs: _ => 1, waitingMs: 60);
        _waiting.Clear();
        var (_, rungs) = Run(ladder, seconds: 30, perSecond: _ => perSecond, fullMs: rows => 4 * rows, smallMs: _ => 1);
        Assert.Equal(Rung.Full, ladder.Current);
        Assert.True(rungs[(int)Rung.Full] > 0.9 * rungs.Sum(), string.Join(" ", rungs) + " " + string.Join(",", _steps));
    }

    [Fact]
    public void Small_calls_that_were_slow_while_code_was_cold_are_tried_again_soon()
    {
        var ladder = New(hasSmall: false);
        ladder.Took(Rung.Full, 1, TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300));
        ladder.Took(Rung.Full, RowsMax, TimeSpan.FromMilliseconds(25), TimeSpan.FromMilliseconds(25));
        var (_, rungs) = Run(ladder, seconds: 15, perSecond: _ => 100, fullMs: _ => 4, smallMs: _ => 1);
        Assert.Equal(Rung.Full, ladder.Current);
        Assert.True(rungs[(int)Rung.Full] > 0.7 * rungs.Sum());
    }

    [Theory]
    [InlineData(600)]
    [InlineData(1200)]
    public void Where_only_small_calls_were_made_while_code_was_cold_the_load_counts_by_what_larger_ones_took_at_load(double perSecond)
    {
        // 8 ms and 0.3 ms a row; each of the first calls takes 60 ms.
        var ladder = New(hasSmall: false, rows => 0.008 + (0.0003 * rows));
        var cold = 6;
        var (_, rungs) = Run(ladder, seconds: 30, _ => perSecond, rows => cold-- > 0 ? 60 : 8 + (0.3 * rows), smallMs: _ => 1);
        Assert.Equal(Rung.Full, ladder.Current);
        Assert.True(rungs[(int)Rung.Full] > 0.7 * rungs.Sum());
    }

    [Fact]
    public void Where_nothing_was_measured_at_load_what_a_row_cost_is_not_believed_for_long()
    {
        var ladder = New(hasSmall: false);
        ladder.Took(Rung.Full, 1, TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300));
        var (_, rungs) = Run(ladder, seconds: 60, perSecond: _ => 500, fullMs: rows => 2 + (0.1 * rows), smallMs: _ => 1);
        Assert.Equal(Rung.Full, ladder.Current);
        Assert.True(rungs[(int)Rung.Full] > 0.6 * rungs.Sum());
    }

    [Fact]
    public void What_holds_payments_up_now_and_then_costs_only_those_their_score_and_none_its_time()
    {
        // Ten times a second nothing comes for 80 ms, and then all of it at once.
        var (late, rungs) = Run(New(hasSmall: false), seconds: 30, perSecond: second => second % 3 < 0.08 ? 1e-3 : second % 3 < 0.09 ? 8_000 : 600, fullMs: rows => 8 + (0.8 * rows), smallMs: _ => 1);
        Assert.Equal((0, Rung.Full), (late, _ladder!.Current));
        Assert.Empty(_steps);
        Assert.InRange(rungs[(int)Rung.Rules], 0, 0.1 * rungs.Sum());
    }

    [Theory]
    [InlineData(50, 0, Rung.Rules)]
    [InlineData(40, 0, Rung.Full)]
    [InlineData(50, 2, Rung.Full)]
    [InlineData(BudgetMs, 2, Rung.Rules)]
    public void A_step_up_that_was_too_early_ends_before_a_payment_is_late_and_later_with_the_first_that_is(int oldestMs, int secondsAfter, Rung expected)
    {
        var (ladder, call) = (New(hasSmall: false), TimeSpan.FromMilliseconds(60));
        for (var lateMs = 200; ladder.Current == Rung.Full && lateMs < 2000; lateMs += 60)
        {
            _ = ladder.Choose(RowsMax, -1, lateMs, laneCount: 1);
            _clock.Advance(call);
            ladder.Took(Rung.Full, RowsMax, call, call);
        }

        Assert.Equal(Rung.Rules, ladder.Current);
        for (var i = 0; ladder.Current == Rung.Rules && i < 50; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            _ = ladder.Choose(1, 0, 0, laneCount: 1);
        }

        Assert.Equal(Rung.Full, ladder.Current);
        _clock.Advance(TimeSpan.FromSeconds(secondsAfter));
        _ = ladder.Choose(RowsMax, -1, oldestMs, laneCount: 1);
        Assert.Equal(expected, ladder.Current);
    }

    [Fact]
    public void Under_load_a_call_that_takes_twice_as_long_as_it_is_known_to_makes_nobody_late()
    {
        // At load 64 rows took 24 ms. Beside 7,680 payments a second they take 48.
        var ladder = New(hasSmall: false, rows => 0.024 * rows / RowsMax);
        _ = Run(ladder, seconds: 3, perSecond: _ => 7680, fullMs: rows => 48.0 * rows / RowsMax, smallMs: _ => 1);
        Assert.Equal(Rung.Rules, ladder.Current);
        var (late, rungs) = Run(ladder, seconds: 120, perSecond: _ => 7680, fullMs: rows => 48.0 * rows / RowsMax, smallMs: _ => 1);
        Assert.Equal(0, late);
        Assert.True(rungs[(int)Rung.Rules] > 0.9 * rungs.Sum());
        Assert.InRange(_steps.Count, 3, 20);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(60)]
    [InlineData(150)]
    public void After_a_peak_it_is_back_at_full_however_old_payments_are_when_they_come(double ageMs)
    {
        var ladder = New(hasSmall: false);
        var (_, rungs) = Run(ladder, seconds: 60, perSecond: second => second is >= 10 and < 15 ? 12_000 : 200, fullMs: rows => 1 + (0.4 * rows), smallMs: _ => 1, arrivalAgeMs: ageMs);
        Assert.NotEmpty(_steps);
        Assert.Equal(Rung.Full, ladder.Current);
        Assert.True(rungs[(int)Rung.Full] > 4_000);
    }

    [Theory]
    [InlineData(3.5, 0.02)]
    [InlineData(8.4, 0.08)]
    public void A_lane_that_was_idle_is_in_time_when_three_times_its_capacity_comes_at_once(double callMs, double shareBefore)
    {
        var capacity = RowsMax * 1000 / callMs;
        var (late, _) = Run(New(hasSmall: false, rows => callMs * rows / RowsMax / 1000), seconds: 30, perSecond: second => capacity * (second < 5 ? shareBefore : 3), fullMs: rows => callMs * rows / RowsMax, smallMs: _ => 1);
        Assert.Equal(0, late);
    }

    [Fact]
    public void A_large_call_that_hung_is_tried_again_though_small_ones_go_on()
    {
        var ladder = New(hasSmall: false);
        ladder.Took(Rung.Full, RowsMax, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
        ladder.Took(Rung.Full, 1, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        Assert.Equal(Rung.Rules, ladder.Choose(RowsMax, 0, 0, laneCount: 1));
        _clock.Advance(TimeSpan.FromSeconds(11));
        ladder.Took(Rung.Full, 1, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        Assert.Equal(Rung.Full, ladder.Choose(RowsMax, 0, 0, laneCount: 1));
    }

    [Fact]
    public void A_call_that_hung_is_tried_again_after_a_minute()
    {
        var ladder = New(hasSmall: true);
        ladder.Took(Rung.Full, 1, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
        var (_, rungs) = Run(ladder, seconds: 90, perSecond: _ => 4, fullMs: _ => 5, smallMs: _ => 1);
        Assert.Equal(Rung.Full, ladder.Current);
        Assert.True(rungs[(int)Rung.Full] > 90);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_rules_decide_no_model_is_asked_and_none_is_named(bool hasSmall)
    {
        var calls = 0;
        ServedModel Slow(ModelRole role) => new(role, new FakeModel(() => Called(ref calls), new ScoreCalibration(OutputKind.Probability, [])), [0]);
        var ladder = New(hasSmall);
        using var lanes = new ScoringLanes(hasSmall ? [Slow(ModelRole.Champion), Slow(ModelRole.Fallback)] : [Slow(ModelRole.Champion)], canary: null, 1, RowsMax, _clock, ladder: ladder);
        var batch = new PaymentBatch(new BatchLayout(new HashSet<TextField>(), [], 1), RowsMax, 64) { DecideCount = 2 };
        (batch.DecideRows[0], batch.DecideRows[1]) = (0, 1);
        for (var i = 0; i < 1000 && ladder.Current != Rung.Rules; i++)
        {
            Score();
            _clock.Advance(TimeSpan.FromMilliseconds(5));
        }

        Assert.Equal(Rung.Rules, ladder.Current);
        var before = calls;
        Score();

        Assert.Equal(before, calls);
        Assert.All(new[] { 0, 1 }, row => Assert.Equal((PaymentBatch.NoModel, double.NaN), (batch.ModelGiven[row], batch.Probability[row])));

        void Score()
        {
            // Old enough that a call of 60 ms would take too long.
            Array.Fill(batch.LogTimestampMs, _clock.GetUtcNow().ToUnixTimeMilliseconds() - 70);
            lanes.Score(batch);
        }
    }

    private void Called(ref int calls)
    {
        calls++;
        _clock.Advance(TimeSpan.FromMilliseconds(60));
    }

    private DeadlineLadder? _ladder;

    private DeadlineLadder New(bool hasSmall, Func<int, double>? loaded = null) =>
        _ladder = new DeadlineLadder(_clock, BudgetMs, loaded ?? (_ => 0), hasSmall ? _ => 0 : null, (from, to) => _steps.Add((from, to)));

    /// <summary>A lane that takes what waits, oldest first.</summary>
    /// <returns>Payments that were not decided within their budget, and payments by rung.</returns>
    private (int Late, int[] Rungs) Run(DeadlineLadder ladder, int seconds, Func<double, double> perSecond, Func<int, double> fullMs, Func<int, double> smallMs, double waitingMs = 0, double arrivalAgeMs = 0)
    {
        _nextMs = -waitingMs;
        var (late, rungs, nowMs) = (0, new int[3], 0.0);
        while (nowMs < seconds * 1000)
        {
            for (; _nextMs <= nowMs; _nextMs += 1000 / perSecond(_nextMs / 1000))
            {
                _waiting.Enqueue(_nextMs);
            }

            if (_waiting.Count == 0)
            {
                Pass(_nextMs - nowMs);
                continue;
            }

            var rows = Math.Min(RowsMax, _waiting.Count);
            var ages = Enumerable.Range(0, rows).Select(_ => nowMs - _waiting.Dequeue() + arrivalAgeMs).ToList();
            var inTime = ages.Where(age => age <= ladder.DeadlineMs).ToList();
            var rung = ladder.Choose(rows, inTime.Count == 0 ? -1 : (long)inTime.Max(), (long)ages.Max(), laneCount: 1);
            var took = rung == Rung.Full ? fullMs(rows) : rung == Rung.Small ? smallMs(rows) : 0;
            // What the other steps cost.
            Pass(took + 0.5);
            ladder.Took(rung, rows, TimeSpan.FromMilliseconds(took), TimeSpan.FromMilliseconds(took));
            late += ages.Count(age => age + took + 0.5 > BudgetMs);
            rungs[(int)rung] += rows;
        }

        return (late, rungs);

        void Pass(double ms)
        {
            nowMs += ms;
            _clock.Advance(TimeSpan.FromMilliseconds(ms));
        }
    }
}
