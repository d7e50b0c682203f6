using StreamScoring.Logs;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Logs;

public sealed class LogHealthTests
{
    private const int Own = 0, Other = 1, Followed = 2;

    private readonly ManualClock _clock = new();
    private readonly List<string> _said = [];
    private readonly LogHealth _health;

    public LogHealthTests()
    {
        var logs = new LogTable(
            [(new LogId("eu", "payments", 0), LogKind.Payments), (new LogId("eu", "payments", 1), LogKind.Payments)],
            [(new LogId("us", "payments", 0), LogKind.Payments, "us")]);
        _health = new LogHealth(logs, _clock, new TextLogger(_said.Add));
        _health.Reads(Own, 0);
    }

    [Fact]
    public void A_log_that_never_gave_a_record_has_a_lag_and_fails_once_it_stands_still_for_long_enough()
    {
        Assert.Equal((null, LogFailure.None), (Standing().LagCount, Standing().Failure));
        Watch(TimeSpan.FromSeconds(14), new LogObservation(0, 0, PartitionOwnership.NotOwned, End: 50));
        Assert.Equal((50, LogFailure.None, false), (Standing().LagCount, Standing().Failure, Standing().IsReadThrough));
        Watch(TimeSpan.FromSeconds(1), new LogObservation(0, 0, PartitionOwnership.NotOwned, End: 50));
        Assert.Equal(LogFailure.NotFetched, Standing().Failure);
        Assert.Equal("eu/payments/0 stands at offset 0 for 15 s: it ends at offset 50, and nothing of it is fetched", Standing().Text);
        Assert.False(Standing().IsDegradation);
    }

    [Theory]
    [InlineData(10, 0, long.MaxValue, 50, 30, -1, LogFailure.Deleted, "it begins at offset 30")]
    [InlineData(10, 0, long.MaxValue, 50, 0, 10, LogFailure.OpenTransaction, "a publisher's transaction is open since offset 10")]
    [InlineData(10, 7, long.MaxValue, 50, -1, -1, LogFailure.NotTaken, "7 records are fetched, and the pipeline takes nothing of any log")]
    [InlineData(60, 0, long.MaxValue, 50, -1, -1, LogFailure.EndsBeforePosition, "it ends at offset 50: it lost records, or the topic was made anew")]
    [InlineData(50, 0, 80, 50, -1, -1, LogFailure.EndsBeforeDecided, "it ends at offset 50 and is decided from 80 on: nothing of it is decided")]
    [InlineData(10, 0, long.MaxValue, -1, -1, -1, LogFailure.Unreachable, "the brokers do not say where it ends")]
    public void The_reason_is_told_from_what_is_seen(long position, long queued, long decideFrom, long end, long start, long committed, LogFailure failure, string text)
    {
        _health.Observe(Own, new LogObservation(position, 0, PartitionOwnership.NotOwned, End: position));
        Watch(LogHealth.Patience, new LogObservation(position, queued, decideFrom, end, start, committed));
        Assert.Equal(failure, Standing().Failure);
        Assert.Contains(text, Standing().Text, StringComparison.Ordinal);
        Assert.False(Standing().IsReadThrough);
        Assert.Equal(end < 0 ? null : Math.Max(0, end - position), Standing().LagCount);
    }

    [Fact]
    public void A_log_that_is_taken_whole_and_never_answered_fails_and_one_that_is_answered_bit_by_bit_does_not()
    {
        for (var second = 0; second < 60; second++)
        {
            Watch(TimeSpan.FromSeconds(1), new LogObservation(100, 0, 0, End: 100, AcknowledgedThrough: second, IsDrained: false));
        }

        Assert.Equal(LogFailure.None, Standing().Failure);
        Watch(LogHealth.Patience, new LogObservation(100, 0, 0, End: 100, AcknowledgedThrough: 59, IsDrained: false));
        Assert.Equal((LogFailure.NotAcknowledged, false, false), (Standing().Failure, Standing().IsDegradation, Standing().IsReadThrough));
        Assert.Contains("acknowledged through offset 59 only", Standing().Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_that_nobody_looks_at_any_more_does_not_pass_for_one_that_is_read()
    {
        _health.Observe(Own, new LogObservation(50, 0, PartitionOwnership.NotOwned, End: 50));
        Assert.True(Standing().IsReadThrough);
        _clock.Advance(LogHealth.Patience);
        Assert.Equal((LogFailure.Unreachable, null, false), (Standing().Failure, Standing().LagCount, Standing().IsReadThrough));
    }

    [Fact]
    public void A_log_that_moves_is_in_order_however_far_it_lies_behind()
    {
        for (var position = 0; position < 100; position++)
        {
            _health.Observe(Own, new LogObservation(position, 5, PartitionOwnership.NotOwned, End: 1_000_000));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal((LogFailure.None, 1_000_000 - 99), (Standing().Failure, Standing().LagCount));
    }

    [Fact]
    public void A_log_whose_records_wait_for_older_ones_is_a_degradation_and_no_more()
    {
        _health.Reads(Other, 0);
        for (var second = 0; second <= LogHealth.Patience.TotalSeconds; second++)
        {
            _health.Observe(Own, new LogObservation(0, 9, PartitionOwnership.NotOwned, End: 9));
            _health.Observe(Other, new LogObservation(second, 9, PartitionOwnership.NotOwned, End: 1000));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal((LogFailure.WaitsItsTurn, true), (Standing().Failure, Standing().IsDegradation));
    }

    [Fact]
    public void A_followed_log_degrades_and_never_makes_the_process_unready()
    {
        _health.Reads(Followed, 0);
        _health.Observe(Own, new LogObservation(0, 0, PartitionOwnership.NotOwned, End: 0));
        _clock.Advance(LogHealth.Patience);
        var standing = _health.Look().Single(standing => standing.Log.Region == "us");
        Assert.Equal((LogFailure.Unreachable, true), (standing.Failure, standing.IsDegradation));
    }

    [Fact]
    public void What_a_client_says_is_said_at_once_told_beside_the_failure_repeated_and_over_once_the_log_is_read_again()
    {
        _health.Report("eu/payments/0", [Own], "no offset to reset to");
        Assert.Equal(["eu/payments/0: no offset to reset to"], _said);
        Watch(TimeSpan.FromSeconds(70), new LogObservation(0, 0, PartitionOwnership.NotOwned, End: 50));
        Assert.Contains("nothing of it is fetched (eu/payments/0: no offset to reset to)", Standing().Text, StringComparison.Ordinal);
        Assert.Equal(3, _said.Count);
        Assert.StartsWith("eu/payments/0 stands at offset 0 for 15 s", _said[1], StringComparison.Ordinal);
        Assert.StartsWith("still, after 60 s: eu/payments/0: no offset", _said[2], StringComparison.Ordinal);

        Watch(LogHealth.Patience + TimeSpan.FromSeconds(2), new LogObservation(50, 0, PartitionOwnership.NotOwned, End: 50));
        Assert.Equal(LogFailure.None, Standing().Failure);
        Assert.Contains(_said, said => said.StartsWith("over after ", StringComparison.Ordinal) && said.Contains("stands at offset 0", StringComparison.Ordinal));
        Assert.Contains(_said, said => said.StartsWith("over after ", StringComparison.Ordinal) && said.EndsWith("eu/payments/0: no offset to reset to", StringComparison.Ordinal));
    }

    [Fact]
    public void A_log_that_cannot_be_decided_fails_though_it_is_read_until_it_can_be()
    {
        var seen = new LogObservation(9, 0, PartitionOwnership.NotOwned, End: 9);
        _health.Undecided("partitions", [new LogId("eu", "payments", 7)], "decisions has no such partition");
        Watch(TimeSpan.FromSeconds(14), seen);
        Assert.Single(_health.Look());
        // Said anew each time, it is still the one of before.
        _health.Undecided("partitions", [new LogId("eu", "payments", 7)], "decisions has no such partition");
        Watch(TimeSpan.FromSeconds(1), seen);
        var standing = _health.Look()[^1];
        Assert.Equal(("eu/payments/7 is not decided for 15 s: decisions has no such partition", LogFailure.NotDecided, false), (standing.Text, standing.Failure, standing.IsDegradation));
        Assert.Equal([standing.Text], _said);
        _health.Undecided("partitions", [], "");
        _health.Say();
        Assert.Single(_health.Look());
        Assert.StartsWith("over after ", _said[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_that_comes_and_goes_is_one_failure()
    {
        for (var second = 0; second < 50; second++)
        {
            _health.Report("eu at 127.0.0.1:1", [Own], "all brokers are down");
            Watch(TimeSpan.FromSeconds(1), new LogObservation(second, 0, PartitionOwnership.NotOwned, End: second));
        }

        Assert.Equal(["eu at 127.0.0.1:1: all brokers are down"], _said);
    }

    [Fact]
    public async Task Threads_may_report_and_look_at_the_same_time()
    {
        var said = 0;
        var health = new LogHealth(_health.Logs, TimeProvider.System, new TextLogger(_ => Interlocked.Increment(ref said)));
        health.Reads(Own, 0);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                health.Report($"place {i % 500}", [Own], "x");
                health.Observe(Own, new LogObservation(i, 0, PartitionOwnership.NotOwned, End: i));
                if (i % 100 == 0)
                {
                    health.Say();
                }
            }
        })));
        Assert.Equal(500, said);
    }

    private LogStanding Standing() => _health.Look().First(standing => standing.Log == _health.Logs[Own]);

    /// <summary>The log looks the same each second, for so long.</summary>
    private void Watch(TimeSpan time, LogObservation seen)
    {
        for (var second = 0; second < time.TotalSeconds; second++)
        {
            _health.Observe(Own, seen);
            _clock.Advance(TimeSpan.FromSeconds(1));
            _health.Observe(Own, seen);
            _health.Say();
        }
    }
}
