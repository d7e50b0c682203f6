using CsCheck;
using StreamScoring.Quality;

namespace StreamScoring.Tests.Quality;

public sealed class LabelDelaysTests
{
    [Fact]
    public void A_quantile_is_that_of_all_delays_but_for_a_cell() =>
        Gen.Select(Gen.Double[0, 20].Array[LabelDelays.LabelsMin, 200], Gen.Double[0.01, 0.99]).Sample((logs, share) =>
        {
            var (delays, sorted) = (new LabelDelays(), logs.Select(log => (long)(1000 * Math.Pow(2, log))).Order().ToList());
            sorted.ForEach(delay => delays.Add(delay, isFraud: true));
            var exact = sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)] / 1000.0;
            Assert.InRange(delays.Quantile(isFraud: true, share)!.Value.TotalSeconds, exact * 0.999, exact * 1.0221);
            Assert.Null(delays.Quantile(isFraud: false, share));
            // What is told to be known by then is at least what was asked for.
            Assert.InRange(delays.ShareWithin(isFraud: true, delays.Quantile(isFraud: true, share)!.Value + TimeSpan.FromMilliseconds(1))!.Value, share, 1);
        });

    [Fact]
    public void A_month_later_what_came_before_does_not_count()
    {
        var delays = new LabelDelays();
        for (var i = 0; i < 100; i++)
        {
            delays.Add(1000L * 3600, isFraud: true);
        }

        delays.Turn(LabelDelays.Days - 1);
        Assert.Equal(100, delays.LabelsOf(isFraud: true));
        delays.Turn(1);
        Assert.Equal(0, delays.LabelsOf(isFraud: true));
        Assert.Null(delays.Quantile(isFraud: true, 0.5));
    }

    [Fact]
    public void A_label_that_is_known_before_its_payment_has_no_delay()
    {
        var delays = new LabelDelays();
        for (var i = 0; i < LabelDelays.LabelsMin; i++)
        {
            delays.Add(-1000L * 3600, isFraud: false);
        }

        Assert.Equal(TimeSpan.FromSeconds(1), delays.Quantile(isFraud: false, 0.95));
    }
}
