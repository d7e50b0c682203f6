using StreamScoring.Deployment.Capacity;

namespace StreamScoring.Tests.Capacity;

public sealed class EventsPerKeyTests
{
    private const int Many = 2000;

    [Theory]
    [InlineData(1)]
    [InlineData(3.5)]
    [InlineData(40)]
    public void Shares_and_means_are_those_of_the_distribution_added_up(double mean)
    {
        var events = new EventsPerKey(mean);
        var q = 1 - (1 / mean);
        double P(int n) => (1 - q) * Math.Pow(q, n - 1);
        Assert.Equal(Enumerable.Range(8, Many).Sum(P), events.Beyond(7), 1e-9);
        Assert.Equal(Enumerable.Range(1, Many).Sum(n => Math.Min(n, 7) * P(n)), events.MeanUpTo(7), 1e-9);
    }

    [Theory]
    [InlineData(1, 0.25)]
    [InlineData(3.5, 0.1)]
    [InlineData(40, 0.01)]
    public void A_process_that_folds_a_part_of_the_payments_sees_the_keys_that_have_one_of_them_and_no_payment_is_lost(double mean, double share)
    {
        var events = new EventsPerKey(mean);
        var q = 1 - (1 / mean);
        Assert.Equal(Enumerable.Range(1, Many).Sum(n => (1 - q) * Math.Pow(q, n - 1) * (1 - Math.Pow(1 - share, n))), events.SeenBy(share), 1e-9);
        Assert.Equal(mean * share, events.SeenBy(share) * events.ThinnedTo(share).Mean, 1e-9);
    }
}
