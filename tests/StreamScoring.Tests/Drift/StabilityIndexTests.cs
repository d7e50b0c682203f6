using StreamScoring.Drift;

namespace StreamScoring.Tests.Drift;

public sealed class StabilityIndexTests
{
    private static readonly double[] Tenths = [.. Enumerable.Repeat(0.1, 10)];

    [Fact]
    public void It_is_the_sum_of_differences_times_logarithms_of_ratios()
    {
        // (0.5 - 0.2) ln(0.5 / 0.2) + 0 + (0.2 - 0.5) ln(0.2 / 0.5)
        var index = StabilityIndex.Of([50, 30, 20], [0.2, 0.3, 0.5], 100, null)!.Value;
        Assert.Equal(0.5497744, index.Value, 1e-6);
        Assert.Equal(3, index.BinCount);
    }

    [Fact]
    public void Shares_that_are_alike_give_0_whatever_their_scale() =>
        Assert.Equal(0, StabilityIndex.Of([200, 300, 500], [0.1998, 0.2997, 0.4995], 1000, null)!.Value.Value, 1e-12);

    [Theory]
    [InlineData(1, 10.828, 1.04)]
    [InlineData(2, 13.816, 1.025)]
    [InlineData(5, 20.515, 1.015)]
    [InlineData(9, 27.877, 1.01)]
    [InlineData(12, 32.909, 1.01)]
    [InlineData(99, 148.230, 1.001)]
    public void The_quantile_is_that_of_tables_or_some_percent_above(int degreesOfFreedom, double table, double ratioMax) =>
        Assert.InRange(StabilityIndex.ChiSquareQuantile(degreesOfFreedom) / table, 0.9999, ratioMax);

    [Fact]
    public void The_critical_value_follows_from_the_rows_of_both()
    {
        var quantile = StabilityIndex.ChiSquareQuantile(2);
        Assert.Equal(quantile / 400, StabilityIndex.Of([50, 30, 20], [0.2, 0.3, 0.5], 400, null)!.Value.Critical, 1e-12);
        Assert.Equal(quantile * ((1 / 400.0) + (1 / 1000.0)), StabilityIndex.Of([50, 30, 20], [0.2, 0.3, 0.5], 400, 1000)!.Value.Critical, 1e-12);
    }

    [Theory]
    // The middle one expects 4 rows of 100, with its neighbour 34.
    [InlineData(new double[] { 0.66, 0.04, 0.3 }, 100, 2)]
    // The last ones go with the one before them.
    [InlineData(new double[] { 0.48, 0.48, 0.02, 0.02 }, 100, 2)]
    [InlineData(new double[] { 0.48, 0.48, 0.02, 0.02 }, 1000, 4)]
    [InlineData(new double[] { 0.5, 0.5, 0 }, 1_000_000, 2)]
    [InlineData(new double[] { 0, 0.5, 0.5 }, 1_000_000, 2)]
    public void Bins_that_expect_less_than_five_rows_are_taken_together(double[] shares, double rows, int binCount)
    {
        var index = StabilityIndex.Of([.. shares.Select(share => (long)(share * 10_000))], shares, rows, null)!.Value;
        Assert.Equal(binCount, index.BinCount);
        Assert.Equal(0, index.Value, 1e-12);
    }

    [Fact]
    public void A_bin_that_none_falls_into_counts_as_half_a_row() =>
        Assert.Equal(((1 - 0.5) * Math.Log(1 / 0.5)) + ((0.005 - 0.5) * Math.Log(0.005 / 0.5)), StabilityIndex.Of([7, 0], [0.5, 0.5], 100, null)!.Value.Value, 1e-12);

    [Fact]
    public void Nothing_is_told_of_one_bin_or_of_few_rows_or_of_none()
    {
        Assert.Null(StabilityIndex.Of([9], [1], 100, null));
        Assert.Null(StabilityIndex.Of([4, 5], [0.5, 0.5], 9, null));
        Assert.Null(StabilityIndex.Of([0, 0], [0.5, 0.5], 0, null));
    }

    /// <summary>
    /// Of 20,000 samples 20 are expected. Outside of 5 to 40 lies less than one in ten thousand
    /// runs of another seed.
    /// </summary>
    [Theory]
    [InlineData(200, 500, 1)]
    [InlineData(1000, 1000, 1)]
    // Half of the rows stand for eight.
    [InlineData(400, 500, 8)]
    public void Of_samples_without_drift_about_one_in_a_thousand_exceeds_the_critical_value(int rows, int referenceRows, int weight)
    {
        var random = new Random(7);
        var (exceeded, squares) = (0, (rows / 2 * (long)weight * weight) + (rows / 2));
        var effective = Math.Pow((rows / 2.0 * weight) + (rows / 2.0), 2) / squares;
        for (var sample = 0; sample < 20_000; sample++)
        {
            var (reference, counts) = (new double[10], new long[10]);
            for (var row = 0; row < referenceRows; row++)
            {
                reference[random.Next(10)] += 1.0 / referenceRows;
            }

            for (var row = 0; row < rows; row++)
            {
                counts[random.Next(10)] += row % 2 == 0 ? weight : 1;
            }

            exceeded += StabilityIndex.Of(counts, reference, effective, referenceRows) is { } index && index.Value > index.Critical ? 1 : 0;
        }

        Assert.InRange(exceeded, 5, 40);
    }

    [Fact]
    public void Of_samples_with_drift_each_exceeds_it()
    {
        var random = new Random(7);
        for (var sample = 0; sample < 1000; sample++)
        {
            var counts = new long[10];
            for (var row = 0; row < 2000; row++)
            {
                // A bin higher for a fifth of the rows.
                counts[Math.Min(9, random.Next(10) + (random.Next(5) == 0 ? 3 : 0))]++;
            }

            var index = StabilityIndex.Of(counts, Tenths, 2000, 100_000)!.Value;
            Assert.True(index.Value > index.Critical);
        }
    }
}
