using CsCheck;
using StreamScoring.Training.Boosting;
using StreamScoring.Training.Fitting;
using StreamScoring.Training.Linear;
using StreamScoring.Training.Rows;

namespace StreamScoring.Tests.Training;

/// <summary>Parts of a training against slow models.</summary>
public sealed class FittingTests
{
    [Fact]
    public void Rows_are_counted_at_every_node_they_pass_and_values_of_a_category_share_their_way_out()
    {
        // x0 ≤ 1 goes to leaf 0, and so does a missing x0; the others by x1 in {5, 9} to leaf 1, or
        // to leaf 2.
        var tree = new BoostedTree([new(0, false, 1, true, ~0, 1), new(1, true, 5, false, ~1, 2), new(1, true, 9, false, ~1, ~2)], [-1, 2, 5]);
        var rows = Matrix([[0, 5], [float.NaN, 5], [2, 5], [2, 6], [1, 9], [3, float.NaN], [3, 9], [4, 9]]);
        var counts = tree.CountRows(rows);
        Assert.Equal([8, 5, 4, 3, 3, 2], counts);
        Assert.Equal([8], new BoostedTree([], [3]).CountRows(rows));

        // A node's mean is that of the leaves which its rows end at, so contributions cancel out.
        var means = tree.Means(counts);
        Assert.Equal(((3 * -1) + (3 * 2) + (2 * 5)) / 8.0, means[0], 1e-12);
        Assert.Equal(((2 * 2) + (2 * 5)) / 4.0, means[2], 1e-12);
        var sum = new double[2];
        for (var row = 0; row < rows.Count; row++)
        {
            tree.AddContributions(rows[row], means, 1, sum);
        }

        Assert.Equal(0, sum.Sum(), 1e-12);
    }

    [Fact]
    public void Platt_s_line_has_the_least_loss_of_all_lines_near_it_and_keeps_the_order() =>
        Gen.Select(Gen.Double[-6, 6], Gen.Double[0, 1]).Array[20, 200].Where(rows => rows.Length > 0).Sample(rows =>
        {
            double[] logOdds = [.. rows.Select(row => row.Item1)];
            bool[] frauds = [.. rows.Select((row, i) => i == 0 || (i > 1 && row.Item2 < 1 / (1 + Math.Exp(1 - (0.7 * row.Item1)))))];
            if (!frauds.Contains(true) || !frauds.Contains(false))
            {
                return;
            }

            var line = PlattLine.Fit(logOdds, frauds);
            Assert.True(line.Scale > 0);
            if (line == PlattLine.Identity)
            {
                // The best line would fall.
                return;
            }

            foreach (var (scale, shift) in ((double, double)[])[(1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3)])
            {
                Assert.True(Loss(line) <= Loss(new PlattLine(line.Scale + scale, line.Shift + shift)) + 1e-9);
            }

            double Loss(PlattLine of)
            {
                double count = frauds.Count(fraud => fraud), genuine = frauds.Length - count;
                return logOdds.Zip(frauds).Sum(row =>
                {
                    var (target, p) = (row.Second ? (count + 1) / (count + 2) : 1 / (genuine + 2), of.Probability(row.First));
                    return -(target * Math.Log(p)) - ((1 - target) * Math.Log(1 - p));
                });
            }
        });

    [Fact]
    public void An_isotonic_curve_rises_from_0_to_1_and_no_other_rising_steps_are_nearer_to_what_happened() =>
        Gen.Select(Gen.Int[1, 9], Gen.Bool).Array[1, 9].Sample(rows =>
        {
            double[] probabilities = [.. rows.Select(row => row.Item1 / 10.0)];
            bool[] frauds = [.. rows.Select(row => row.Item2)];
            var curve = IsotonicCurve.Fit(probabilities, frauds);
            Assert.Equal(((0.0, 0.0), (1.0, 1.0)), (curve[0], curve[^1]));
            Assert.All(curve.Zip(curve.Skip(1)), pair => Assert.True(pair.First.From < pair.Second.From && pair.First.To <= pair.Second.To));

            // Its inner points are blocks: the mean probability of rows that stand together, and
            // the share of frauds that the slow model gives them.
            var slow = SlowIsotonic(probabilities, frauds);
            foreach (var (from, to) in curve.Skip(1).SkipLast(1))
            {
                Assert.Contains(slow, block => Math.Abs(block.From - from) < 1e-12 && (Math.Abs(block.Share - to) < 1e-12 || block.Share == 1));
            }
        });

    [Fact]
    public void Logistic_regression_finds_weights_whose_gradient_is_zero()
    {
        var random = new Random(3);
        var rows = new RowMatrix(3);
        var frauds = new List<bool>();
        for (var i = 0; i < 40_000; i++)
        {
            var row = rows.Add();
            (row[0], row[1], row[2]) = ((float)(1000 * random.NextDouble()), random.Next(10) == 0 ? float.NaN : (float)random.NextDouble(), 5);
            frauds.Add(random.NextDouble() < 1 / (1 + Math.Exp(4 - (row[0] / 300) - (float.IsNaN(row[1]) ? 1 : row[1]))));
        }

        var labelled = new LabelledRows(rows, frauds, null);
        var terms = LogisticTerms.Of(rows);
        const double penalty = 10;
        var weights = LogisticFit.Fit(labelled, terms, fraudWeight: 1, penalty, _ => { }, CancellationToken.None);
        Assert.Equal(4, terms.Count);
        var (gradient, row1) = (new double[weights.Length], new double[weights.Length]);
        row1[^1] = 1;
        for (var i = 0; i < rows.Count; i++)
        {
            terms.Fill(rows[i], row1);
            var miss = LogisticModel.Sigmoid(LogisticModel.Sum(row1, weights)) - (frauds[i] ? 1 : 0);
            for (var term = 0; term < gradient.Length; term++)
            {
                gradient[term] += miss * row1[term];
            }
        }

        for (var term = 0; term < gradient.Length; term++)
        {
            Assert.Equal(0, gradient[term] + (term < terms.Count ? penalty * weights[term] : 0), 1e-4);
        }

        // An input that never changes tells nothing.
        Assert.Equal(0, weights[2], 1e-9);
    }

    /// <summary>
    /// Isotonic regression by its formula: of each probability the largest, over starts at or below
    /// it, of the smallest, over ends at or above it, of the share of frauds between.
    /// </summary>
    private static List<(double From, double Share)> SlowIsotonic(double[] probabilities, bool[] frauds)
    {
        double[] steps = [.. probabilities.Distinct().Order()];
        double Share(double from, double to) => probabilities.Zip(frauds).Where(row => row.First >= from && row.First <= to).Average(row => row.Second ? 1.0 : 0);
        var fitted = steps.Select(at => (At: at, Share: steps.Where(from => from <= at).Max(from => steps.Where(to => to >= at).Min(to => Share(from, to)))));
        return [.. fitted.GroupBy(step => Math.Round(step.Share, 12)).Select(block =>
            (probabilities.Where(probability => block.Any(step => step.At == probability)).Average(), block.First().Share))];
    }

    private static RowMatrix Matrix(float[][] rows)
    {
        var matrix = new RowMatrix(rows[0].Length);
        foreach (var row in rows)
        {
            row.CopyTo(matrix.Add());
        }

        return matrix;
    }
}
