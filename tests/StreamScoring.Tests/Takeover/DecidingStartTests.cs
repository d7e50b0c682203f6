using CsCheck;
using StreamScoring.Logs;
using StreamScoring.Takeover;

namespace StreamScoring.Tests.Takeover;

public sealed class DecidingStartTests
{
    private const long End = 50;

    private static readonly int Payments = TakeoverLogs.Payments(1), Labels = TakeoverLogs.Labels(1);

    [Fact]
    public void Payments_are_decided_from_behind_the_last_decision_or_the_commit_whichever_is_further() =>
        Gen.Select(Gen.Long[0, End - 1].Array[0, 8], Gen.Long[-1, End]).Sample((decided, committed) =>
            Of(Payments, committed, decided) == new DecidingStart(Math.Max(0, Math.Max(decided.Append(-1).Max() + 1, committed)), null));

    [Fact]
    public void Labels_are_looked_at_from_where_the_group_committed() =>
        Gen.Long[-1, End].Sample(committed =>
            DecidingStart.Of(TakeoverLogs.Logs, Labels, End, new CommittedOffset(committed, TakeoverLogs.TopicId), decided: null) == new DecidingStart(Math.Max(0, committed), null));

    [Fact]
    public void Commits_and_decisions_of_a_former_topic_count_for_nothing()
    {
        Assert.Equal(0, Of(Payments, 40, [30], "former").From);
        Assert.Equal(new DecidingStart(0, null), DecidingStart.Of(TakeoverLogs.Logs, Payments, End, new CommittedOffset(999, "former"), TakeoverLogs.Decided(Payments, End, [])));
    }

    [Fact]
    public void A_commit_that_names_no_topic_counts_unless_all_that_is_decided_is_of_a_former_one()
    {
        Assert.Equal(40, OfUnnamed([]));
        Assert.Equal(40, OfUnnamed([30]));
        Assert.Equal(0, OfUnnamed([30], "former"));

        static long OfUnnamed(long[] decided, string topicId = TakeoverLogs.TopicId) =>
            DecidingStart.Of(TakeoverLogs.Logs, Payments, End, new CommittedOffset(40, ""), TakeoverLogs.Decided(Payments, End, decided, topicId)).From;
    }

    [Fact]
    public void A_log_that_ends_before_a_position_is_refused()
    {
        Assert.Equal(new MembershipFailure.BeyondEnd(Labels, End, End + 1, IsCommitted: true), DecidingStart.Of(TakeoverLogs.Logs, Labels, End, new CommittedOffset(End + 1, ""), decided: null).Refusal);
        Assert.Equal(new MembershipFailure.BeyondEnd(Payments, End, 80, IsCommitted: false), Of(Payments, 0, [.. Enumerable.Range(60, 21).Select(offset => (long)offset)]).Refusal);
        Assert.Null(Of(Payments, End, []).Refusal);
    }

    private static DecidingStart Of(int logIndex, long committed, long[] decided, string decidedTopicId = TakeoverLogs.TopicId) => DecidingStart.Of(
        TakeoverLogs.Logs, logIndex, End, new CommittedOffset(committed, decidedTopicId), TakeoverLogs.Decided(logIndex, End, decided, decidedTopicId));
}
