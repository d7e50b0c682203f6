using StreamScoring.Batches;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Inputs;
using StreamScoring.Scoring;

namespace StreamScoring.Tests.Onnx;

public class CallSizesTests
{
    [Fact]
    public void Rows_are_scored_in_the_calls_that_cost_the_least_together()
    {
        var random = new Random(7);
        for (var trial = 0; trial < 200; trial++)
        {
            int[] sizes = [1, 3, 8, 16];
            double[] costs = [.. sizes.Select(_ => 0.1 + random.NextDouble())];
            var chosen = new CallSizes(sizes, costs, differentMax: 16);
            for (var rows = 1; rows <= 16; rows++)
            {
                Assert.Equal(LeastCost(sizes, costs, rows), CostOf(chosen, costs, rows), 9);
            }
        }
    }

    [Fact]
    public void Many_rows_go_in_calls_that_cost_the_least_a_row()
    {
        var sizes = new CallSizes([1, 8, 64], [1, 2, 40], differentMax: 64);

        Assert.Equal(1, sizes.Next(1000));
    }

    [Fact]
    public void A_call_whose_cost_does_not_grow_is_filled_up_for_two_rows()
    {
        var sizes = new CallSizes([1, 8, 16], [3, 3.2, 3.4], differentMax: 16);

        Assert.Equal([0, 1, 1, 2], new[] { 1, 2, 8, 9 }.Select(sizes.Next));
    }

    [Fact]
    public void Where_nothing_was_measured_a_call_is_filled_up_that_is_more_than_half_full()
    {
        var sizes = CallSizes.Unmeasured(CallRows.Any, rowsMax: null);

        Assert.Equal([1, 8, 16, 32, 64], sizes.Sizes);
        Assert.Equal([0, 0, 1, 1, 2], new[] { 1, 4, 5, 8, 16 }.Select(sizes.Next));
    }

    [Fact]
    public void A_model_that_takes_one_row_or_rows_that_are_alike_has_one_size()
    {
        Assert.Equal([1], CallSizes.Unmeasured(CallRows.Exactly(1), null).Sizes);
        Assert.Equal([2], CallSizes.Unmeasured(new CallRows(2, int.MaxValue, AreAlike: true), null).Sizes);
    }

    [Fact]
    public void Each_size_is_called_with_so_many_rows_that_are_not_made_up_until_the_time_is_over()
    {
        var (features, calls) = (new FeatureMatrix(1, 4), new List<int>());
        var measured = CallSizes.Measured(CallRows.Any, rowsMax: 20, features, [1, 3], sizes => new RecordingLane(sizes, calls));

        Assert.Equal([1, 8, 16, 20], measured.Sizes);
        Assert.Equal(measured.Sizes, calls.Distinct());
    }

    /// <summary>Cost of scoring rows with the calls that are chosen.</summary>
    private static double CostOf(CallSizes sizes, double[] costs, int rows)
    {
        var cost = 0.0;
        while (rows > 0)
        {
            var call = sizes.Next(rows);
            cost += costs[call];
            rows -= sizes.Sizes[call];
        }

        return cost;
    }

    /// <summary>By trying each sequence of calls.</summary>
    private static double LeastCost(int[] sizes, double[] costs, int rows) =>
        rows <= 0 ? 0 : Enumerable.Range(0, sizes.Length).Min(size => costs[size] + LeastCost(sizes, costs, rows - sizes[size]));

    private sealed class RecordingLane(CallSizes sizes, List<int> calls) : IScoringLane
    {
        public void Score(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw)
        {
            Assert.Equal(sizes.Sizes, [rows.Length]);
            Assert.All(rows.ToArray(), row => Assert.Contains(row, new[] { 1, 3 }));
            calls.Add(rows.Length);
        }

        public void Stop()
        {
        }

        public void Dispose()
        {
        }
    }
}
