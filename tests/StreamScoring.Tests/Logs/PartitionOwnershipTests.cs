using StreamScoring.Logs;

namespace StreamScoring.Tests.Logs;

public sealed class PartitionOwnershipTests
{
    private const int Log = 0;

    private readonly PartitionOwnership _ownership = new(new LogTable([(new LogId("eu", "payments", 0), LogKind.Payments)]));

    [Fact]
    public void A_log_that_is_given_up_while_a_reader_takes_from_it_is_not_drained_until_that_is_acknowledged()
    {
        var seen = OwnedFrom(10);
        Assert.True(_ownership.TryBeginTake(Log, ref seen, countMax: 8));
        _ownership.Disown(Log);
        Assert.False(_ownership.IsDrained(Log));
        _ownership.Took(Log, 3 - 8);
        Assert.False(_ownership.IsDrained(Log));
        _ownership.Acknowledged(Log, 13, 3);
        Assert.True(_ownership.IsDrained(Log));
    }

    [Fact]
    public void A_reader_that_begins_to_take_after_the_log_was_given_up_decides_nothing_of_it()
    {
        var seen = OwnedFrom(10);
        _ownership.Disown(Log);
        Assert.False(_ownership.TryBeginTake(Log, ref seen, countMax: 8));
        Assert.True(_ownership.IsDrained(Log));
    }

    [Fact]
    public void A_log_that_went_and_came_back_between_two_looks_is_read_again_from_where_it_is_owed()
    {
        var seen = OwnedFrom(10);
        _ownership.Disown(Log);
        Assert.False(_ownership.TryBeginTake(Log, ref seen, countMax: 8));
        // It took 10..17 without owing anything; then the log came back, from the same offset as
        // before.
        _ownership.Own(Log, 10);
        Assert.Equal(10, _ownership.RewindTo(Log, ref seen, next: 18, begin: 0));
        Assert.True(_ownership.TryBeginTake(Log, ref seen, countMax: 8));
    }

    [Fact]
    public void What_was_taken_may_be_written_after_the_log_was_given_up_and_until_it_is_released()
    {
        _ = OwnedFrom(10);
        _ownership.Disown(Log);
        Assert.True(_ownership.MayWrite(Log));
        _ownership.Release(Log);
        Assert.False(_ownership.MayWrite(Log));
        _ownership.Own(Log, 12);
        Assert.True(_ownership.MayWrite(Log));
    }

    private long OwnedFrom(long offset)
    {
        var seen = PartitionOwnership.NotOwned;
        _ownership.Own(Log, offset);
        Assert.Equal(-1, _ownership.RewindTo(Log, ref seen, next: offset, begin: 0));
        return seen;
    }

    [Fact]
    public void A_log_is_held_until_the_logs_of_the_policy_are_taken_as_far_as_its_decisions_knew_them()
    {
        var logs = new LogTable([(new LogId("eu", "control", 0), LogKind.Control), (new LogId("eu", "lists", 0), LogKind.Lists), (new LogId("eu", "payments", 0), LogKind.Payments)]);
        var ownership = new PartitionOwnership(logs);
        ownership.Own(2, 5, [new LogNeed(0, 3), new LogNeed(1, 9)]);
        Assert.Equal(new LogNeed(0, 3), ownership.NeedOf(2));
        ownership.Reached(0, 3);
        Assert.Equal(new LogNeed(1, 9), ownership.NeedOf(2));
        ownership.Reached(1, 8);
        Assert.True(ownership.IsHeld(2));
        ownership.Reached(1, 9);
        Assert.False(ownership.IsHeld(2));
    }
}
