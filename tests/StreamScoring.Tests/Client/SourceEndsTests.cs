using Confluent.Kafka;
using StreamScoring.Client;
using StreamScoring.Contracts;

namespace StreamScoring.Tests.Client;

public sealed class SourceEndsTests
{
    private static readonly ScoringRegion Region = new() { Name = "eu", Kafka = new KafkaSettings("nowhere:9092") };

    [Fact]
    public void A_position_far_ahead_is_asked_after_and_counts_only_where_the_log_has_it()
    {
        var asked = new List<TopicPartition>();
        var ends = new SourceEnds(Region, partition =>
        {
            asked.Add(partition);
            return 5000;
        }, () => "id");
        Assert.True(ends.IsInLog(new DecisionSource("eu", "payments", 3, SourceEnds.JumpMax), "id", highest: 0));
        Assert.Empty(asked);
        Assert.True(ends.IsInLog(new DecisionSource("eu", "payments", 3, 4999), "id", highest: 0));
        Assert.False(ends.IsInLog(new DecisionSource("eu", "payments", 3, 5000), "id", highest: 0));
        Assert.False(ends.IsInLog(new DecisionSource("eu", "payments", 3, long.MaxValue), "id", highest: 4999));
        Assert.All(asked, partition => Assert.Equal(new TopicPartition("payments", 3), partition));
    }

    [Fact]
    public void A_decision_on_a_former_topic_is_believed_as_nobody_can_be_asked()
    {
        var (idsAsked, current) = (0, "old");
        var ends = new SourceEnds(Region, _ => 10, () =>
        {
            idsAsked++;
            return current;
        });
        Assert.False(ends.IsInLog(new DecisionSource("eu", "payments", 3, 50_000), "old", highest: -1));
        current = "new";
        Assert.True(ends.IsInLog(new DecisionSource("eu", "payments", 3, 50_000), "older", highest: -1));
        Assert.True(ends.IsInLog(new DecisionSource("eu", "payments", 3, 90_000), "older", highest: -1));
        Assert.True(ends.IsInLog(new DecisionSource("eu", "payments", 3, 50_000), "old", highest: -1));
        Assert.True(ends.IsInLog(new DecisionSource("eu", "payments", 3, 50_000), "", highest: -1));
        Assert.False(ends.IsInLog(new DecisionSource("eu", "payments", 3, 50_000), "new", highest: -1));
        Assert.Equal(3, idsAsked);
    }

    [Fact]
    public void A_look_up_of_the_id_that_fails_says_nothing_and_is_made_again()
    {
        var isAway = true;
        var ends = new SourceEnds(Region, _ => 10, () => isAway ? throw new KafkaException(ErrorCode.Local_TimedOut) : "new");
        Assert.False(ends.IsInLog(new DecisionSource("eu", "payments", 3, 50_000), "old", highest: -1));
        isAway = false;
        Assert.True(ends.IsInLog(new DecisionSource("eu", "payments", 3, 50_000), "old", highest: -1));
        Assert.False(ends.IsInLog(new DecisionSource("eu", "payments", 3, 50_000), "new", highest: -1));
    }

    [Fact]
    public void Of_a_log_that_cannot_be_asked_after_every_position_counts_as_before()
    {
        var asked = 0;
        var ends = new SourceEnds(Region, _ =>
        {
            asked++;
            throw new KafkaException(ErrorCode.TopicAuthorizationFailed);
        }, () => "");
        Assert.True(ends.IsInLog(new DecisionSource("us", "payments", 3, long.MaxValue), "", highest: 0));
        Assert.Equal(0, asked);
        Assert.True(ends.IsInLog(new DecisionSource("eu", "payments", 3, 50_000), "", highest: 0));
        Assert.True(ends.IsInLog(new DecisionSource("eu", "payments", 3, 90_000), "", highest: 0));
        Assert.Equal(1, asked);
    }
}
