using StreamScoring.Contracts;
using StreamScoring.Emit;
using StreamScoring.Logs;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Emit;

public sealed class DecidedPositionsTests
{
    private static readonly LogId Log = new("eu", "payments", 3);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Decisions_on_a_former_topic_say_nothing_of_the_one_that_was_made_anew(bool asJson)
    {
        var positions = new DecidedPositions(Log, "new", end: 1000);
        for (var offset = 0; offset < 500; offset++)
        {
            positions.Note(Decision(offset, "old", asJson));
        }

        Assert.False(positions.IsFound);
        Assert.Equal(0, positions.DecideFrom(committed: -1));
        Assert.Empty(positions.Learned);
        Assert.Equal(500, positions.Former);

        positions.Note(Decision(2, "new", asJson));
        Assert.True(positions.IsFound);
        Assert.Equal(3, positions.DecideFrom(committed: -1));
        Assert.Equal([2L], positions.Learned.Keys);
    }

    [Fact]
    public void A_record_that_claims_a_position_behind_the_end_moves_nothing()
    {
        var positions = new DecidedPositions(Log, "id", end: 10);
        positions.Note(Decision(4, "id"));
        positions.Note(Decision(10, "id"));
        positions.Note(Decision(9_007_199_254_740_000, null));
        positions.Note(Decision(-1, "id"));
        Assert.Equal(5, positions.DecideFrom(committed: -1));
        Assert.Equal((3, 9_007_199_254_740_000), (positions.Impossible, positions.ImpossibleMax));
        Assert.False(positions.IsOfAnotherLog);
    }

    [Fact]
    public void Where_most_decisions_are_behind_the_end_the_log_is_not_the_one_that_was_decided()
    {
        var positions = new DecidedPositions(Log, topicId: null, end: 40);
        for (var offset = 0; offset < 100; offset++)
        {
            positions.Note(Decision(offset, null));
        }

        Assert.True(positions.IsOfAnotherLog);
        Assert.Equal(99, positions.ImpossibleMax);
    }

    [Fact]
    public void A_decision_without_an_id_counts_until_one_names_the_topic()
    {
        var positions = new DecidedPositions(Log, "id", end: 1000);
        positions.Note(Decision(7, null));
        Assert.Equal(8, positions.DecideFrom(committed: -1));
        positions.Note(Decision(3, "id"));
        Assert.Equal(4, positions.DecideFrom(committed: -1));
    }

    [Fact]
    public void Where_the_brokers_tell_no_ids_every_decision_on_the_log_counts()
    {
        var positions = new DecidedPositions(Log, topicId: null, end: 1000);
        positions.Note(Decision(7, "id"));
        Assert.Equal(8, positions.DecideFrom(committed: -1));
    }

    [Theory]
    [InlineData("id", "id", 12)]
    [InlineData("id", "", 12)]
    [InlineData(null, "other", 12)]
    [InlineData("id", "other", -1)]
    public void A_commit_counts_unless_it_is_known_to_be_of_another_topic(string? topicId, string committedFor, long expected) =>
        Assert.Equal(expected, new CommittedOffset(12, committedFor).NextOf(topicId));

    private static byte[] Decision(long offset, string? topicId, bool asJson = false)
    {
        var decision = SampleDecisions.Of(new DecisionSource(Log.Region, Log.Topic, Log.Partition, offset), "p") with { SourceTopicId = topicId };
        return asJson ? SampleDecisions.Json(decision) : SampleDecisions.Compact(decision);
    }
}
