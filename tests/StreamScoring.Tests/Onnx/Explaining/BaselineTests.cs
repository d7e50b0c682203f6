using StreamScoring.Onnx;
using StreamScoring.Onnx.Explaining;
using StreamScoring.Scoring;

namespace StreamScoring.Tests.Onnx.Explaining;

public sealed class BaselineTests
{
    private static readonly ModelInput[] Inputs = [new("a", IsText: false)];

    [Fact]
    public void A_bare_file_has_zeros() => Assert.Equal([0.0], Baseline.Of(Inputs, card: null, golden: null));

    [Theory]
    [InlineData(new double[] { 1, 2, 3 }, new[] { 0.25, 0.25, 0.25, 0.25 }, 2)]
    [InlineData(new double[] { 1, 2, 3 }, new[] { 0.6, 0.2, 0.1, 0.1 }, 1)]
    [InlineData(new double[] { 1, 2, 3 }, new[] { 0.1, 0.1, 0.1, 0.7 }, 3)]
    [InlineData(new double[] { 1, 2, 3 }, new[] { 0.166666, 0.333333, 0.250001, 0.25 }, 2)]
    [InlineData(new double[] { }, new[] { 1.0 }, 0)]
    public void The_median_of_a_histogram_is_the_lowest_edge_that_half_of_the_rows_do_not_exceed(double[] edges, double[] shares, double median)
    {
        var card = new ModelCard { Name = "m", Inputs = Inputs, Output = OutputKind.Score, Histograms = [new("a", edges, shares)] };
        Assert.Equal([median], Baseline.Of(Inputs, card, golden: null));
    }
}
