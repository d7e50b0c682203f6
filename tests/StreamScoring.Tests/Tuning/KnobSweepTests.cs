using System.Globalization;
using StreamScoring.Deployment.Tuning;

namespace StreamScoring.Tests.Tuning;

public sealed class KnobSweepTests
{
    private static readonly KnobLadder Lanes = new("score.lanes", ["1", "2", "4", "8"], IsOrdered: true);
    private static readonly KnobLadder Compression = new("emit.compression", ["lz4", "none", "zstd"], IsOrdered: false);

    private readonly List<IReadOnlyDictionary<string, string>> _trials = [];
    private readonly List<SweepProgress> _progress = [];

    [Theory]
    [InlineData(TuneGoal.Throughput)]
    [InlineData(TuneGoal.Latency)]
    public async Task Noise_does_not_win_however_large_it_is(TuneGoal goal)
    {
        var (comparisons, taken) = (0, 0);
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            // Most trials are much alike, and some take far longer: as on a machine that others use
            // too.
            var result = await SweepAsync(goal, [Lanes, Compression], _ => 1000 * Math.Exp(-Math.Log(1 - random.NextDouble())));
            comparisons += result.Comparisons.Count;
            taken += result.Comparisons.Count(one => one.IsTaken);
        }

        Assert.InRange(taken, 0, comparisons / 100);
    }

    [Fact]
    public async Task One_good_trial_among_bad_ones_is_not_enough_and_neither_is_a_good_median_where_one_is_worse()
    {
        Assert.Empty((await SweepAsync(TuneGoal.Throughput, [Lanes], InTurn([100, 100, 101, 100, 100], [100, 100, 900, 100, 100]))).Changed);
        Assert.Empty((await SweepAsync(TuneGoal.Throughput, [Lanes], InTurn([100, 100, 101, 100, 100], [300, 300, 300, 300, 100]))).Changed);
        Assert.Equal(["score.lanes"], (await SweepAsync(TuneGoal.Throughput, [Lanes], InTurn([100, 100, 101, 100, 100], [300, 200, 300, 300, 300]))).Changed);
    }

    [Fact]
    public async Task A_gain_within_the_incumbents_own_spread_is_not_taken_and_one_beyond_it_is()
    {
        Assert.Empty((await SweepAsync(TuneGoal.Throughput, [Lanes], ByLanes(lanes => lanes > 1 ? 109 : 100, spread: 10))).Changed);
        var result = await SweepAsync(TuneGoal.Throughput, [Lanes], ByLanes(lanes => lanes > 1 ? 111 : 100, spread: 10));
        Assert.Equal("2", result.Best["score.lanes"]);
        Assert.True(result.Check!.IsTaken);
        Assert.Equal((100, 111), (result.Check.Incumbent.Median, result.Check.Candidate.Median));
    }

    [Fact]
    public async Task A_step_that_helps_is_followed_by_the_next_until_one_does_not()
    {
        var result = await SweepAsync(TuneGoal.Throughput, [Lanes], ByLanes(lanes => lanes == 8 ? 300 : 100 * lanes, spread: 10));
        Assert.Equal("4", result.Best["score.lanes"]);
        Assert.Equal([("1", "2", true), ("2", "4", true), ("4", "8", false)], result.Comparisons.Select(one => (one.From, one.To, one.IsTaken)));
    }

    [Fact]
    public async Task Where_up_does_not_help_down_is_tried_and_less_latency_is_better()
    {
        var result = await SweepAsync(TuneGoal.Latency, [Lanes], ByLanes(lanes => 10 * lanes, spread: 1), ("score.lanes", "4"));
        Assert.Equal([("4", "8", false), ("4", "2", true), ("2", "1", true)], result.Comparisons.Select(one => (one.From, one.To, one.IsTaken)));
        Assert.Equal("1", result.Best["score.lanes"]);
    }

    [Fact]
    public async Task Each_value_of_a_choice_is_tried_against_the_best_so_far_and_with_the_best_of_the_knobs_before()
    {
        var result = await SweepAsync(
            TuneGoal.Throughput, [Lanes, Compression],
            values => (values["score.lanes"] == "2" ? 200 : 100) + (values["emit.compression"] switch { "none" => 50, "zstd" => 90, _ => 0 }));
        Assert.Equal(("2", "zstd"), (result.Best["score.lanes"], result.Best["emit.compression"]));
        Assert.Equal(["lz4", "none"], result.Comparisons.Where(one => one.Key == "emit.compression").Select(one => one.From));
        Assert.All(_trials.Where(values => values["emit.compression"] != "lz4").SkipLast(5), values => Assert.Equal("2", values["score.lanes"]));
        Assert.Equal((100, 290), (result.Check!.Incumbent.Median, result.Check.Candidate.Median));
    }

    [Fact]
    public async Task Who_is_measured_first_changes_from_round_to_round_and_what_is_left_never_grows()
    {
        await SweepAsync(TuneGoal.Throughput, [Lanes], _ => 100);
        Assert.Equal("1 2 2 1 1 2 2 1 1 2", string.Join(' ', _trials.Select(values => values["score.lanes"])));
        Assert.Equal(Enumerable.Range(0, 10), _progress.Select(at => at.TrialsDone));
        Assert.Equal(_progress.Select(at => at.TrialsLeftMax).OrderDescending(), _progress.Select(at => at.TrialsLeftMax));
        Assert.Equal("score.lanes 1 -> 2, round 1 of 5", _progress[0].Text);
    }

    [Fact]
    public async Task An_interrupted_sweep_makes_no_further_trial()
    {
        using var interrupt = new CancellationTokenSource();
        var sweep = new KnobSweep(TuneGoal.Throughput, 5, (values, _) =>
        {
            _trials.Add(values);
            if (_trials.Count == 3)
            {
                interrupt.Cancel();
            }

            return Task.FromResult(new TrialFigures(1, 1));
        }, _ => { });
        await Assert.ThrowsAsync<OperationCanceledException>(() => sweep.RunAsync([Lanes], new Dictionary<string, string> { ["score.lanes"] = "1" }, interrupt.Token));
        Assert.Equal(3, _trials.Count);
    }

    [Fact]
    public void A_trial_says_what_the_goal_asks_of_it()
    {
        var trials = new[] { new TrialFigures(10, 1, 3, 30), new TrialFigures(30, 2, 1, 20), new TrialFigures(20, 3, 2, 60) };
        Assert.Equal((20, 20), (new TrialRepeats(TuneGoal.Throughput, trials).Median, new TrialRepeats(TuneGoal.Throughput, trials).Spread));
        Assert.Equal((30, 40), (new TrialRepeats(TuneGoal.Latency, trials).Median, new TrialRepeats(TuneGoal.Latency, trials).Spread));
    }

    /// <summary>
    /// What trials of one lane give, and what those of more do, one after the other.
    /// </summary>
    private static Func<IReadOnlyDictionary<string, string>, double> InTurn(double[] one, double[] more)
    {
        var (ones, mores) = (0, 0);
        return values => values["score.lanes"] == "1" ? one[ones++ % one.Length] : more[mores++ % more.Length];
    }

    /// <summary>
    /// A figure that follows from the lanes, with repeats that differ by the spread in all: a fifth
    /// of it from trial to trial, around the figure.
    /// </summary>
    private static Func<IReadOnlyDictionary<string, string>, double> ByLanes(Func<int, double> figure, double spread)
    {
        var counts = new Dictionary<string, int>();
        return values =>
        {
            var lanes = values["score.lanes"];
            var trial = counts[lanes] = counts.GetValueOrDefault(lanes) + 1;
            return figure(int.Parse(lanes, CultureInfo.InvariantCulture)) + (spread * (((trial % 5) / 4.0) - 0.5));
        };
    }

    private Task<SweepResult> SweepAsync(
        TuneGoal goal, IReadOnlyList<KnobLadder> ladders, Func<IReadOnlyDictionary<string, string>, double> measure, params (string Key, string Value)[] start)
    {
        var values = ladders.ToDictionary(ladder => ladder.Key, ladder => start.FirstOrDefault(knob => knob.Key == ladder.Key).Value ?? ladder.Steps[0]);
        var sweep = new KnobSweep(goal, rounds: 5, (trial, _) =>
        {
            _trials.Add(trial);
            var figure = measure(trial);
            return Task.FromResult(new TrialFigures(figure, 1, figure, figure));
        }, _progress.Add);
        return sweep.RunAsync(ladders, values, CancellationToken.None);
    }
}
