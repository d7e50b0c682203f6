using CsCheck;
using StreamScoring.Client;
using StreamScoring.Contracts;

namespace StreamScoring.Tests.Client;

public sealed class SourcePositionsTests
{
    [Fact]
    public void A_position_is_a_repeat_unless_it_is_above_the_highest_of_its_own_log()
    {
        var positions = new SourcePositions();
        positions.Advance(new DecisionSource("eu", "payments", 3, 10));
        Assert.True(positions.IsRepeated(new DecisionSource("eu", "payments", 3, 9)));
        Assert.True(positions.IsRepeated(new DecisionSource("eu", "payments", 3, 10)));
        Assert.False(positions.IsRepeated(new DecisionSource("eu", "payments", 3, 11)));
        Assert.False(positions.IsRepeated(new DecisionSource("us", "payments", 3, 10)));
        Assert.False(positions.IsRepeated(new DecisionSource("eu", "payments", 4, 10)));
    }

    [Fact]
    public void The_map_comes_back_from_a_commits_metadata()
    {
        var source = Gen.Select(Gen.String[Gen.Char["eus /=%ü"], 0, 6], Gen.String[Gen.Char["pay.ments-_1"], 1, 20], Gen.Int[0, 5], Gen.Long[0, long.MaxValue]);
        source.Array[0, 20].Sample(sources =>
        {
            var positions = new SourcePositions();
            foreach (var (region, topic, partition, offset) in sources)
            {
                positions.Advance(new DecisionSource(region, topic, partition, offset));
            }

            var back = SourcePositions.FromMetadata(positions.ToMetadata());
            Assert.Equal(positions.Count, back.Count);
            foreach (var (region, topic, partition, offset) in sources.Reverse().DistinctBy(entry => (entry.Item1, entry.Item2, entry.Item3)))
            {
                Assert.True(back.IsRepeated(new DecisionSource(region, topic, partition, offset)));
                Assert.True(offset == long.MaxValue || !back.IsRepeated(new DecisionSource(region, topic, partition, offset + 1)));
            }
        });
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("2 eu/payments/3=10")]
    [InlineData("written by another tool")]
    [InlineData("1 eu/payments=10 eu/payments/x=10 eu/payments/3 eu/payments/3=-1 =")]
    public void Metadata_of_somebody_else_is_an_empty_map(string? metadata) => Assert.Equal(0, SourcePositions.FromMetadata(metadata).Count);

    [Fact]
    public void A_topic_that_was_made_anew_has_positions_of_its_own_and_the_former_ones_are_kept()
    {
        var (old, anew) = (new DecisionSource("eu", "payments", 3, 10), new DecisionSource("eu", "payments", 3, 0));
        var positions = new SourcePositions();
        positions.Advance(old, "id-1");
        Assert.False(positions.IsRepeated(anew, "id-2"));
        positions.Advance(anew, "id-2");
        var back = SourcePositions.FromMetadata(positions.ToMetadata());
        Assert.True(back.IsRepeated(old, "id-1"));
        Assert.True(back.IsRepeated(anew, "id-2"));
        Assert.False(back.IsRepeated(anew with { Offset = 1 }, "id-2"));
        Assert.False(back.IsRepeated(anew));
    }

    [Fact]
    public void However_often_a_topic_is_made_anew_the_map_stays_small()
    {
        var positions = new SourcePositions();
        for (var i = 0; i < 100; i++)
        {
            positions.Advance(new DecisionSource("eu", "payments", 3, 5), $"id-{i}");
            positions.Advance(new DecisionSource("us", "payments", 3, 5), "id");
        }

        Assert.Equal(4, positions.Count);
        Assert.True(positions.IsRepeated(new DecisionSource("eu", "payments", 3, 5), "id-99"));
        Assert.True(positions.IsRepeated(new DecisionSource("eu", "payments", 3, 5), "id-98"));
    }

    [Fact]
    public void The_metadata_of_a_release_without_topic_ids_is_read_and_its_readers_pass_over_ours()
    {
        Assert.True(SourcePositions.FromMetadata("1 eu/payments/3=10").IsRepeated(new DecisionSource("eu", "payments", 3, 10)));
        var positions = new SourcePositions();
        positions.Advance(new DecisionSource("eu", "payments", 3, 10), "8zUj1u7mQRy6XcX0kQ4u4A");
        // Such a reader takes entries of three parts alone.
        Assert.Equal("1 eu/payments/3/8zUj1u7mQRy6XcX0kQ4u4A=10", positions.ToMetadata());
    }

    [Fact]
    public void The_metadata_stays_below_what_a_broker_takes()
    {
        var positions = new SourcePositions();
        for (var i = 0; i < 1000; i++)
        {
            positions.Advance(new DecisionSource($"region-{i}", "payments", 3, long.MaxValue));
        }

        Assert.InRange(positions.ToMetadata().Length, 3900, 4096);
    }
}
