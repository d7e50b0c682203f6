using StreamScoring.Quality;

namespace StreamScoring.Tests.Quality;

public sealed class QualitySumTests
{
    /// <summary>Ends worked out by the formula, apart from this code.</summary>
    [Theory]
    [InlineData(8, 10, 0.490162, 0.943318)]
    [InlineData(0, 5, 0, 0.434482)]
    [InlineData(5, 5, 0.565518, 1)]
    [InlineData(50, 1000, 0.038130, 0.065314)]
    public void Intervals_are_those_of_Wilson(int frauds, int all, double low, double high)
    {
        var precision = Of(frauds, all, weight: 1).Precision!;
        Assert.Equal((double)frauds / all, precision.Value, 12);
        Assert.Equal(low, precision.Low, 5);
        Assert.Equal(high, precision.High, 5);
    }

    [Fact]
    public void Payments_that_stand_for_others_count_for_them_and_tell_no_more_than_they_are()
    {
        var (one, eight) = (Of(3, 10, weight: 1), Of(3, 10, weight: 8));
        Assert.Equal((80, 24), (eight.Counts.Payments, eight.Counts.Frauds));
        Assert.Equal(one.Precision, eight.Precision);
    }

    [Fact]
    public void Of_none_nothing_is_told()
    {
        Assert.Null(Of(0, 0, weight: 1).Precision);
        Assert.Null(Of(0, 0, weight: 1).Expected);
        Assert.Null(Of(0, 5, weight: 1).RecallOf(Of(0, 5, weight: 1)));
    }

    private static QualitySum Of(int frauds, int all, long weight)
    {
        var (tally, sum) = (new OutcomeTally(), new QualitySum(isSilenceGenuine: true));
        for (var i = 0; i < all; i++)
        {
            tally.Add((1_000_000 * 2) + (i < frauds ? 1 : 0), probability: 0, 1);
        }

        sum.Add(tally, isBlocked: false, weight);
        return sum;
    }
}
