using StreamScoring.Emit;
using StreamScoring.Logs;
using StreamScoring.Takeover;

namespace StreamScoring.Tests.Takeover;

public sealed class MembershipTests
{
    private static readonly int Payments = TakeoverLogs.Payments(0), Labels = TakeoverLogs.Labels(0);

    private readonly Membership _member = new(TakeoverLogs.Logs, new MembershipRules { CommitsOffsets = true });

    [Fact]
    public void A_takeover_reads_what_is_committed_then_where_decisions_end_then_where_the_logs_end_then_the_decisions()
    {
        Assert.Equal(new MembershipCommand.WriteAs("m"), Assert.Single(Tell(new MembershipFact.Assigned([0], "m"))));
        var committed = Assert.IsType<MembershipCommand.ReadCommitted>(Assert.Single(Tell(Progress())));
        Assert.Equal([Labels, Payments], committed.Logs.Order());
        var ends = Assert.IsType<MembershipCommand.ReadDecisionsEnds>(Assert.Single(Tell(new MembershipFact.CommittedRead(committed.Takeover, Committed(labels: 4, payments: 2)))));
        Assert.Equal([Payments], ends.Logs);
        var logEnds = Assert.IsType<MembershipCommand.ReadLogEnds>(Assert.Single(Tell(new MembershipFact.DecisionsEndsRead(ends.Takeover, []))));
        Assert.Equal([Labels, Payments], logEnds.Logs.Order());
        var tail = Assert.IsType<MembershipCommand.ReadTail>(Assert.Single(Tell(new MembershipFact.LogEndsRead(logEnds.Takeover, LogEnds(100)))));
        Assert.Equal([Payments], tail.Logs);
        Assert.True(_member.IsTakingOver);

        var done = Tell(new MembershipFact.TailRead(tail.Takeover, Tail(5, 6)));

        Assert.Equal(
            [(Labels, 4L), (Payments, 7L)],
            done.OfType<MembershipCommand.Own>().OrderBy(own => own.From).Select(own => (own.LogIndex, own.From)));
        Assert.Equal([0], Assert.IsType<MembershipCommand.TookOver>(done[^1]).Partitions);
        Assert.Equal([0], _member.Owned);
        Assert.True(_member.IsSettled);
    }

    [Fact]
    public void A_partition_that_comes_back_waits_until_what_was_taken_of_it_before_is_acknowledged()
    {
        Tell(new MembershipFact.Assigned([0], "m"));
        Assert.Empty(Tell(Progress(undrained: Labels)));
        Assert.Empty(Tell(At(29.9)));
        Assert.IsType<MembershipCommand.ReadCommitted>(Assert.Single(Tell(Progress())));
        Assert.Empty(Tell(At(100)));
    }

    [Fact]
    public void A_member_whose_partition_comes_back_and_does_not_drain_fails_and_takes_nothing_over_any_more()
    {
        Tell(new MembershipFact.Assigned([0], "m"));
        Tell(Progress(undrained: Payments));
        var why = Assert.IsType<MembershipFailure.Undrained>(Assert.IsType<MembershipCommand.Fail>(Assert.Single(Tell(At(30)))).Why);
        Assert.Contains(Payments, why.Logs);
        Assert.Empty(Tell(Progress()));
        Assert.Empty(Tell(new MembershipFact.Assigned([1], "m")));
        Assert.Empty(_member.Owned);
        Assert.True(_member.IsSettled);
    }

    [Fact]
    public void A_revoked_partition_is_disowned_at_once_and_committed_and_released_when_it_is_drained()
    {
        Own(0);
        Assert.Equal([Labels, Payments], Tell(new MembershipFact.Revoked([0])).Cast<MembershipCommand.Disown>().Select(disown => disown.LogIndex).Order());
        Assert.Empty(Tell(Progress(acknowledged: 8, undrained: Payments)));
        Assert.Equal([0], _member.Owned);

        var released = Tell(Progress(acknowledged: 9));

        Assert.Contains(new LogOffset(Payments, 9, TakeoverLogs.TopicId), Assert.IsType<MembershipCommand.Commit>(released[0]).Offsets);
        Assert.Equal([Labels, Payments], released.OfType<MembershipCommand.Release>().Select(release => release.LogIndex).Order());
        Assert.IsType<MembershipCommand.GaveUp>(released[^1]);
        Assert.Empty(_member.Owned);
    }

    [Fact]
    public void A_revoked_partition_that_does_not_drain_is_released_when_patience_is_over()
    {
        Own(0);
        Tell(new MembershipFact.Revoked([0]));
        Tell(Progress(undrained: Payments));
        Assert.Empty(Tell(At(9.9)));
        Assert.Equal(2, Tell(At(10)).OfType<MembershipCommand.Release>().Count());
        Assert.Empty(Tell(Progress()));
    }

    [Fact]
    public void A_partition_that_the_group_gives_back_before_it_was_released_is_taken_over_again()
    {
        Own(0);
        Tell(new MembershipFact.Revoked([0]));
        Tell(Progress(undrained: Payments));
        Assert.Empty(Tell(new MembershipFact.Assigned([0], "m")));
        Assert.Empty(Tell(At(15)));
        Assert.IsType<MembershipCommand.ReadCommitted>(Assert.Single(Tell(Progress())));
    }

    [Fact]
    public void A_lost_partition_is_released_at_once_and_nothing_of_it_is_committed()
    {
        Own(0);
        Tell(Progress(acknowledged: 9));
        var commands = Tell(new MembershipFact.Lost([0]));
        Assert.Equal(2, commands.OfType<MembershipCommand.Disown>().Count());
        Assert.Equal(2, commands.OfType<MembershipCommand.Release>().Count());
        Assert.Empty(commands.OfType<MembershipCommand.Commit>());
        Assert.Empty(Tell(At(5)));
        Assert.Empty(Tell(new MembershipFact.Polled()));
    }

    [Fact]
    public void An_open_transaction_on_the_decisions_is_waited_for_and_all_is_asked_anew()
    {
        var committed = Ask(0);
        Tell(new MembershipFact.CommittedRead(committed.Takeover, Committed(labels: 0, payments: 0)));
        var again = Assert.IsType<MembershipCommand.AskAgain>(Assert.Single(Tell(new MembershipFact.DecisionsEndsRead(committed.Takeover, [Payments]))));
        Assert.Equal([Payments], again.Open);
        Assert.Empty(Tell(At(0.4)));
        Assert.NotEqual(committed.Takeover, Assert.IsType<MembershipCommand.ReadCommitted>(Assert.Single(Tell(At(0.5)))).Takeover);
    }

    [Theory]
    [InlineData(CallError.Transient, false)]
    [InlineData(CallError.Fatal, false)]
    [InlineData(CallError.Missing, true)]
    [InlineData(CallError.Refused, true)]
    public void What_cannot_be_read_is_asked_for_again_but_where_that_cannot_help(CallError kind, bool fails)
    {
        var error = new IOException("no answer");
        var command = Assert.Single(Tell(new MembershipFact.NotRead(Ask(0).Takeover, kind, error)));
        Assert.Same(error, fails
            ? Assert.IsType<MembershipFailure.CallFailed>(Assert.IsType<MembershipCommand.Fail>(command).Why).Error
            : Assert.IsType<MembershipCommand.AskAgain>(command).Error);
        Assert.Equal(fails ? 0 : 1, Tell(At(1)).OfType<MembershipCommand.ReadCommitted>().Count());
    }

    [Theory]
    [InlineData(CallError.Transient, false)]
    [InlineData(CallError.Missing, false)]
    [InlineData(CallError.Fatal, true)]
    [InlineData(CallError.Refused, true)]
    public void An_error_of_the_client_ends_the_membership_where_it_is_fatal_or_access_is_refused(CallError kind, bool fails) =>
        Assert.Equal(fails ? 1 : 0, Tell(new MembershipFact.ClientFailed(kind, new IOException())).OfType<MembershipCommand.Fail>().Count());

    [Fact]
    public void Answers_to_a_takeover_that_is_over_count_for_nothing()
    {
        var committed = Ask(0);
        Tell(new MembershipFact.Revoked([0]));
        Tell(Progress());
        Tell(new MembershipFact.Assigned([0], "m"));
        Assert.Empty(Tell(new MembershipFact.CommittedRead(committed.Takeover, Committed(labels: 0, payments: 0))));
        Assert.Empty(Tell(new MembershipFact.TailRead(committed.Takeover, Tail())));
        Assert.Empty(_member.Owned);
    }

    [Fact]
    public void Who_stops_commits_and_leaves_and_waits_for_nothing()
    {
        Own(0);
        Own(1);
        Ask(2);
        Tell(new MembershipFact.Revoked([1]));
        Tell(Progress(acknowledged: 9, undrained: TakeoverLogs.Payments(1)));
        var commands = Tell(new MembershipFact.Stopping());
        Assert.Equal([1], Assert.Single(commands.OfType<MembershipCommand.GaveUp>()).Partitions);
        Assert.NotEmpty(commands.OfType<MembershipCommand.Commit>());
        Assert.IsType<MembershipCommand.Leave>(commands[^1]);
        Assert.True(_member.IsSettled);
        Assert.Empty(Tell(new MembershipFact.Stopping()));
        Assert.Empty(Tell(new MembershipFact.Assigned([2], "m")));
        Assert.Equal([0], Assert.Single(Tell(new MembershipFact.Revoked([0])).OfType<MembershipCommand.GaveUp>()).Partitions);
    }

    [Fact]
    public void What_is_acknowledged_is_committed_once_a_second_and_never_before_where_the_takeover_began()
    {
        Own(0);
        Tell(Progress(acknowledged: 3));
        Tell(At(1));
        Assert.DoesNotContain(Tell(new MembershipFact.Polled()).OfType<MembershipCommand.Commit>().SelectMany(commit => commit.Offsets), offset => offset.LogIndex == Payments);
        Tell(Progress(acknowledged: 12));
        Tell(At(1.9));
        Assert.Empty(Tell(new MembershipFact.Polled()));
        Tell(At(2));
        Assert.Contains(new LogOffset(Payments, 12, TakeoverLogs.TopicId), Assert.IsType<MembershipCommand.Commit>(Assert.Single(Tell(new MembershipFact.Polled()))).Offsets);
        Tell(At(3));
        Assert.Empty(Tell(new MembershipFact.Polled()));
    }

    [Fact]
    public void A_member_whose_transactions_commit_commits_nothing_itself()
    {
        var member = new Membership(TakeoverLogs.Logs, new MembershipRules { CommitsOffsets = false });
        Own(member, 0);
        member.On(Progress(acknowledged: 9));
        member.On(At(5));
        Assert.Empty(member.On(new MembershipFact.Polled()));
        member.On(new MembershipFact.Revoked([0]));
        Assert.Empty(member.On(Progress(acknowledged: 9)).OfType<MembershipCommand.Commit>());
    }

    [Fact]
    public void Transactions_are_sent_in_the_name_of_the_member_that_the_first_partition_was_given_to()
    {
        Assert.Equal(new MembershipCommand.WriteAs("first"), Tell(new MembershipFact.Assigned([0], "first"))[0]);
        Own(0);
        Assert.Empty(Tell(new MembershipFact.Assigned([1], "second")).OfType<MembershipCommand.WriteAs>());
        Tell(new MembershipFact.Lost([0, 1]));
        Assert.Equal(new MembershipCommand.WriteAs("second"), Tell(new MembershipFact.Assigned([0], "second"))[0]);
        Assert.True(Membership.IsStill("first", "first"));
        Assert.False(Membership.IsStill("first", "second"));
        Assert.False(Membership.IsStill("first", ""));
        Assert.False(Membership.IsStill("", ""));
    }

    [Fact]
    public void An_assignment_of_nothing_is_taken_over_at_once() =>
        Assert.IsType<MembershipCommand.TookOver>(Tell(new MembershipFact.Assigned([], "m"))[^1]);

    [Fact]
    public void A_log_that_ends_before_what_is_committed_ends_the_membership_and_nothing_is_owned()
    {
        var committed = Ask(0);
        Tell(new MembershipFact.CommittedRead(committed.Takeover, Committed(labels: 0, payments: 101)));
        Tell(new MembershipFact.DecisionsEndsRead(committed.Takeover, []));
        Tell(new MembershipFact.LogEndsRead(committed.Takeover, LogEnds(100)));
        var why = Assert.IsType<MembershipCommand.Fail>(Assert.Single(Tell(new MembershipFact.TailRead(committed.Takeover, Tail())))).Why;
        Assert.Equal(new MembershipFailure.BeyondEnd(Payments, 100, 101, IsCommitted: true), why);
        Assert.Empty(_member.Owned);
    }

    [Fact]
    public void Claims_of_positions_that_are_not_there_are_said_and_left_out()
    {
        var committed = Ask(0);
        Tell(new MembershipFact.CommittedRead(committed.Takeover, Committed(labels: 0, payments: 0)));
        Tell(new MembershipFact.DecisionsEndsRead(committed.Takeover, []));
        Tell(new MembershipFact.LogEndsRead(committed.Takeover, LogEnds(100)));
        var commands = Tell(new MembershipFact.TailRead(committed.Takeover, Tail(5, 1000)));
        Assert.Equal(new MembershipCommand.IgnoreClaims(Payments, 100, Count: 1, Highest: 1000), commands[0]);
        Assert.Contains(commands, command => command is MembershipCommand.Own own && (own.LogIndex, own.From) == (Payments, 6));
    }

    private IReadOnlyList<MembershipCommand> Tell(MembershipFact fact) => _member.On(fact);

    /// <summary>A takeover up to its first question.</summary>
    private MembershipCommand.ReadCommitted Ask(int partition)
    {
        Tell(new MembershipFact.Assigned([partition], "m"));
        return Assert.Single(Tell(Progress()).OfType<MembershipCommand.ReadCommitted>());
    }

    private void Own(int partition) => Own(_member, partition);

    /// <summary>Payments are decided through offset 4.</summary>
    private static void Own(Membership member, int partition)
    {
        member.On(new MembershipFact.Assigned([partition], "m"));
        var takeover = Assert.Single(member.On(Progress()).OfType<MembershipCommand.ReadCommitted>()).Takeover;
        member.On(new MembershipFact.CommittedRead(takeover, new Dictionary<int, CommittedOffset>()));
        member.On(new MembershipFact.DecisionsEndsRead(takeover, []));
        member.On(new MembershipFact.LogEndsRead(takeover, LogEnds(100)));
        var payments = TakeoverLogs.Payments(partition);
        member.On(new MembershipFact.TailRead(takeover, new Dictionary<int, DecidedPositions> { [payments] = TakeoverLogs.Decided(payments, 100, [4]) }));
        Assert.Contains(partition, member.Owned);
    }

    private static MembershipFact.TimePassed At(double seconds) => new(TimeSpan.FromSeconds(seconds));

    private static MembershipFact.Progressed Progress(long acknowledged = 0, int undrained = -1) =>
        new([.. Enumerable.Range(0, TakeoverLogs.Logs.Count).Select(logIndex => new LogProgress(acknowledged, logIndex != undrained))]);

    private static Dictionary<int, CommittedOffset> Committed(long labels, long payments) => new()
    {
        [Labels] = new CommittedOffset(labels, TakeoverLogs.TopicId),
        [Payments] = new CommittedOffset(payments, TakeoverLogs.TopicId),
    };

    private static Dictionary<int, long> LogEnds(long end) => Enumerable.Range(0, TakeoverLogs.Logs.Count).ToDictionary(logIndex => logIndex, _ => end);

    private static Dictionary<int, DecidedPositions> Tail(params long[] offsets) => new() { [Payments] = TakeoverLogs.Decided(Payments, 100, offsets) };
}
