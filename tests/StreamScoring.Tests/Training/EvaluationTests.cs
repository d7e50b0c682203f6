using StreamScoring.Training.Evaluating;

namespace StreamScoring.Tests.Training;

public sealed class EvaluationTests
{
    [Fact]
    public void Measures_of_a_ranking_are_those_of_their_definitions_whatever_ties_there_are()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var count = random.Next(1, 40);
            // Few values, so that many rows are tied.
            var values = random.Next(1, 12);
            double[] probabilities = [.. Enumerable.Range(0, count).Select(_ => (double)random.Next(values) / values)];
            bool[] frauds = [.. probabilities.Select(p => random.NextDouble() < 0.1 + (0.6 * p))];
            int[] weights = [.. probabilities.Select(_ => round % 2 == 0 ? 1 : random.Next(4))];
            var ranking = new Ranking(probabilities, frauds);
            // Each row as often as it counts.
            var rows = Enumerable.Range(0, count).SelectMany(row => Enumerable.Repeat(row, weights[row])).Select(row => (P: probabilities[row], IsFraud: frauds[row])).ToList();
            Same(AreaByPairs(rows), ranking.AreaUnderRoc(weights));
            Same(PrecisionByThresholds(rows), ranking.AveragePrecision(weights));
            if (round % 2 == 0)
            {
                Same(AreaByPairs(rows), ranking.AreaUnderRoc());
                Same(PrecisionByThresholds(rows), ranking.AveragePrecision());
            }
        }
    }

    [Fact]
    public void The_curve_has_a_point_for_each_distinct_probability()
    {
        var ranking = new Ranking([0.1, 0.9, 0.9, 0.5], [true, true, false, false]);
        Assert.Equal([(0.5, 0.5), (0.5, 1.0 / 3), (1, 0.5)], ranking.PrecisionRecall());
    }

    [Fact]
    public void Cards_are_ranked_by_day_and_those_found_before_are_left_out()
    {
        // Day 0: 10 is found; 9 is not among the first two. Day 1: 10 is left out, 9 is found by
        // its other payment, and of 2 and 11, which are equal, 2 stands first as a number.
        string[] groups = ["10", "10", "11", "2", "9", "10", "9", "9", "11", "2"];
        int[] days = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
        double[] probabilities = [0.9, 0.1, 0.8, 0.2, 0.3, 1.0, 0.7, 0.1, 0.5, 0.5];
        bool[] frauds = [false, true, false, false, true, true, false, true, true, false];
        Assert.Equal([(0, 0.5), (1, 0.5)], CardPrecision.ByDay(new LabelledScores(probabilities, frauds, days, groups), k: 2));
        // As texts 11 stands before 2.
        string[] texts = [.. groups.Select(group => $"c{group}")];
        Assert.Equal([(0, 0.5), (1, 1.0)], CardPrecision.ByDay(new LabelledScores(probabilities, frauds, days, texts), k: 2));
    }

    [Fact]
    public void Brier_score_and_calibration_error_are_those_of_their_definitions()
    {
        var scores = new LabelledScores([0.05, 0.05, 0.95, 1], [false, true, true, true], null, null);
        Assert.Equal(((0.05 * 0.05) + (0.95 * 0.95) + (0.05 * 0.05) + 0) / 4, Calibration.Brier(scores), 1e-12);
        Assert.Equal([(2, 0.05, 0.5), (2, 0.975, 1.0)], Calibration.Curve(scores).Select(bin => (bin.Rows, Math.Round(bin.Mean, 12), bin.Share)));
        Assert.Equal((0.5 * 0.45) + (0.5 * 0.025), Calibration.Error(scores), 1e-12);
    }

    [Fact]
    public void Every_score_has_what_would_be_flagged_from_it_on()
    {
        var thresholds = Evaluation.Of(new LabelledScores([0, 0.5, 0.999, 1], [false, true, false, true], null, null), k: 100).Thresholds;
        Assert.Equal(Enumerable.Range(0, 100), thresholds.Select(row => row.Score));
        Assert.Equal(new ThresholdRow(0, 0.5, 1, 4), thresholds[0]);
        Assert.Equal(new ThresholdRow(50, 2.0 / 3, 1, 3), thresholds[50]);
        Assert.Equal(new ThresholdRow(99, 0.5, 0.5, 2), thresholds[99]);
        var none = Evaluation.Of(new LabelledScores([0.1], [false], null, null), k: 100);
        Assert.Equal((null, null, null), (none.AreaUnderRoc, none.AveragePrecision, none.MeanCardPrecision));
        Assert.Equal((null, null), (none.Thresholds[99].Precision, none.Thresholds[99].Recall));
    }

    [Fact]
    public void Where_all_rows_are_frauds_any_order_is_perfect_and_no_measure_of_it_is_defined()
    {
        var all = Evaluation.Of(new LabelledScores([0.1, 0.9], [true, true], null, null), k: 100);
        Assert.Equal((null, null), (all.AreaUnderRoc, all.AveragePrecision));
        Assert.Equal((1.0, 0.5), (all.Thresholds[50].Precision, all.Thresholds[50].Recall));
    }

    [Fact]
    public void Money_is_that_of_the_rows_that_are_flagged()
    {
        var random = new Random(11);
        for (var round = 0; round < 100; round++)
        {
            var rows = Enumerable.Range(0, random.Next(1, 40)).Select(_ => (P: random.Next(12) / 12.0, IsFraud: random.Next(3) == 0, Amount: (double)random.Next(1000))).ToList();
            var scores = new LabelledScores([.. rows.Select(row => row.P)], [.. rows.Select(row => row.IsFraud)], null, null) { Amounts = [.. rows.Select(row => row.Amount)] };
            double Of(double from, bool isFraud) => rows.Where(row => row.P >= from && row.IsFraud == isFraud).Sum(row => row.Amount);
            Assert.All(Evaluation.Of(scores, k: 100).Thresholds, row => Assert.Equal(
                new FlaggedMoney(Of(row.Score / 100.0, isFraud: true), Of(row.Score / 100.0, isFraud: false)), row.Money));
            var (fraud, genuine) = (Of(0, isFraud: true), Of(0, isFraud: false));
            var curve = fraud > 0 && genuine > 0 ? rows.Select(row => row.P).Distinct().OrderDescending().Select(p => (Of(p, isFraud: true) / fraud, Of(p, isFraud: false) / genuine)).ToList() : [];
            Assert.Equal(curve, new Ranking(scores.Probabilities, scores.Frauds).Money(scores.Amounts));
        }

        Assert.Null(Evaluation.Of(new LabelledScores([0.1], [true], null, null), k: 1).Thresholds[0].Money);
    }

    [Fact]
    public void Whole_days_are_drawn_the_same_for_all_measures_and_again_for_the_same_seed()
    {
        int[] days = [7, 7, 3, 3, 3, 9];
        List<int[]> seen = [];
        var first = Run(1, weights => { seen.Add([.. weights]); return weights.Sum(); });
        Assert.Equal(50, first.Count);
        Assert.All(seen, weights =>
        {
            Assert.Equal((weights[0], weights[2], weights[2]), (weights[1], weights[3], weights[4]));
            Assert.Equal(3, weights[0] + weights[2] + weights[5]);
        });
        Assert.True(seen.Select(weights => string.Join(',', weights)).Distinct().Count() > 3);
        Assert.Equal(first, Run(1, weights => weights.Sum()));
        Assert.NotEqual(first, Run(2, weights => weights.Sum()));
        // One day says nothing of days, so rows are drawn.
        Assert.Contains(Bootstrap.Run([4, 4, 4], 3, 50, 1, [weights => weights[0] == weights[1] ? null : 1], _ => { }, CancellationToken.None), value => value[0] == 1);

        List<double> Run(int seed, Func<int[], double?> measure) =>
            [.. Bootstrap.Run(days, days.Length, 50, seed, [measure, weights => weights[0]], _ => { }, CancellationToken.None).Select(values => values[0] + (values[1] / 10))];
    }

    [Fact]
    public void An_interval_holds_the_middle_of_what_was_drawn()
    {
        Assert.Equal((2.5, 97.5), Bootstrap.Interval(Enumerable.Range(0, 101).Select(i => (double)i).Reverse()));
        Assert.Null(Bootstrap.Interval([]));
        Assert.Equal((4.0, 4.0), Bootstrap.Interval([4]));
    }

    private static double? AreaByPairs(List<(double P, bool IsFraud)> rows)
    {
        var pairs = rows.Where(row => row.IsFraud).SelectMany(fraud => rows.Where(row => !row.IsFraud).Select(genuine => fraud.P > genuine.P ? 1 : fraud.P < genuine.P ? 0 : 0.5)).ToList();
        return pairs.Count == 0 ? null : pairs.Average();
    }

    private static double? PrecisionByThresholds(List<(double P, bool IsFraud)> rows)
    {
        var frauds = rows.Count(row => row.IsFraud);
        if (frauds == 0 || frauds == rows.Count)
        {
            return null;
        }

        var (sum, before) = (0.0, 0.0);
        foreach (var threshold in rows.Select(row => row.P).Distinct().OrderDescending())
        {
            var flagged = rows.Where(row => row.P >= threshold).ToList();
            var recall = (double)flagged.Count(row => row.IsFraud) / frauds;
            sum += (recall - before) * flagged.Count(row => row.IsFraud) / flagged.Count;
            before = recall;
        }

        return sum;
    }

    private static void Same(double? expected, double? actual)
    {
        Assert.Equal(expected is null, actual is null);
        Assert.Equal(expected ?? 0, actual ?? 0, 1e-12);
    }
}
