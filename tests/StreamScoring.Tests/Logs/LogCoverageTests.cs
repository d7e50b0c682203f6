using StreamScoring.Logs;

namespace StreamScoring.Tests.Logs;

public sealed class LogCoverageTests
{
    private readonly ManualClock _clock = new();
    private readonly LogTable _logs = new(
        [(new LogId("eu", "payments", 0), LogKind.Payments)],
        [
            (new LogId("us", "payments", 0), LogKind.Payments, "us"), (new LogId("us", "payments", 1), LogKind.Payments, "us"),
            (new LogId("us", "labels", 0), LogKind.Labels, "us"), (new LogId("eu", "ap.payments", 0), LogKind.Payments, "ap"),
        ]);

    [Fact]
    public void A_region_is_as_stale_as_the_stalest_partition_of_its_payments()
    {
        var coverage = new LogCoverage(_logs, _clock);
        Assert.Equal(["ap", "us"], coverage.Regions);
        Assert.Equal([double.NaN, double.NaN], Staleness(coverage));
        Assert.Equal(long.MinValue, coverage.WholeUntilMs);

        coverage.Covered(IndexOf("us", "payments", 0), Now - 500);
        coverage.Covered(IndexOf("eu", "ap.payments", 0), Now - 100);
        Assert.Equal([0.1, double.NaN], Staleness(coverage));

        coverage.Covered(IndexOf("us", "payments", 1), Now - 4000);
        Assert.Equal([0.1, 4], Staleness(coverage));
        Assert.Equal(Now - 4000, coverage.WholeUntilMs);

        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([2.1, 6], Staleness(coverage));
    }

    [Fact]
    public void What_is_older_says_nothing_and_a_clock_that_is_ahead_counts_for_now()
    {
        var coverage = new LogCoverage(_logs, _clock);
        var log = IndexOf("us", "payments", 0);
        coverage.Covered(log, Now + 60_000);
        coverage.Covered(log, Now - 60_000);
        Assert.Equal(0, coverage.SecondsBehind(log, Now));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, coverage.SecondsBehind(log, Now));
    }

    [Fact]
    public void An_own_log_that_is_read_may_bring_records_too_and_makes_no_region_stale()
    {
        var coverage = new LogCoverage(_logs, _clock);
        foreach (var log in new[] { IndexOf("us", "payments", 0), IndexOf("us", "payments", 1), IndexOf("eu", "ap.payments", 0) })
        {
            coverage.Covered(log, Now - 100);
        }

        var own = IndexOf("eu", "payments", 0);
        Assert.Equal(Now - 100, coverage.WholeUntilMs);
        coverage.Reads(own);
        Assert.Equal(long.MinValue, coverage.WholeUntilMs);
        coverage.Covered(own, Now - 300);
        Assert.Equal(Now - 300, coverage.WholeUntilMs);
        Assert.Equal([0.1, 0.1], Staleness(coverage));
    }

    [Fact]
    public void Where_nothing_is_followed_nothing_is_missing()
    {
        var coverage = new LogCoverage(new LogTable([(new LogId("eu", "payments", 0), LogKind.Payments)]), _clock);
        coverage.Reads(0);
        Assert.Equal(long.MaxValue, coverage.WholeUntilMs);
    }

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private int IndexOf(string region, string topic, int partition) => _logs.IndexOf(new LogId(region, topic, partition));

    private double[] Staleness(LogCoverage coverage)
    {
        var seconds = new double[coverage.Regions.Count];
        coverage.Fill(seconds, Now);
        return seconds;
    }
}
