using StreamScoring.Configuration;
using StreamScoring.Deployment.Tuning;
using StreamScoring.Tests.Deployment;

namespace StreamScoring.Tests.Tuning;

public sealed class KnobLaddersTests : IDisposable
{
    private readonly SampleTopology _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public void The_value_in_force_has_its_place_among_the_steps_and_lanes_end_with_the_cores()
    {
        var ladders = Ladders("ingest.batchRowsMax=100", "emit.linger=3ms", "emit.compression=gzip", "score.lanes=3").All(cores: 4).ToDictionary(ladder => ladder.Key);
        Assert.Equal(["32", "64", "100", "128", "256", "512", "1024"], ladders["ingest.batchRowsMax"].Steps);
        Assert.Equal(["1", "2", "3", "4"], ladders["score.lanes"].Steps);
        Assert.Equal(["0s", "1ms", "2ms", "3ms", "5ms", "10ms", "20ms"], ladders["emit.linger"].Steps);
        Assert.Equal(["gzip", "none", "lz4", "snappy", "zstd"], ladders["emit.compression"].Steps);
        Assert.Equal(KnobLadders.Allowed.Except(ladders.Keys), ["ingest.queueKilobytesMax", "ingest.fetchWaitMax"]);
        Assert.Equal([true, true, true, true, false], ladders.Values.Select(ladder => ladder.IsOrdered));
    }

    [Theory]
    [InlineData(0, 6)]
    [InlineData(2, 4)]
    [InlineData(5, 6)]
    [InlineData(6, 6)]
    public void It_is_known_how_many_comparisons_a_ladder_can_take(int at, int comparisons)
    {
        var ladder = Ladders().All(cores: 2)[2];
        Assert.Equal(7, ladder.Steps.Count);
        Assert.Equal(comparisons, ladder.ComparisonsMax(ladder.Steps[at]));
    }

    [Fact]
    public void Named_values_are_taken_as_they_are_once_each()
    {
        var ladder = Ladders().Parse("emit.linger=0ms,1ms,1000ms,0s");
        Assert.Equal(["1ms", "0s", "1s"], ladder.Steps);
        Assert.False(ladder.IsOrdered);
    }

    [Theory]
    [InlineData("emit.linger", "expected KEY=VALUE,VALUE")]
    [InlineData("emit.linger=", "expected KEY=VALUE,VALUE")]
    [InlineData("emit.lingr=1ms", "did you mean emit.linger?")]
    [InlineData("decide.blockFrom=95", "decide.blockFrom is not swept")]
    [InlineData("score.lanes=0", "score.lanes is 0; allowed 1..64")]
    [InlineData("score.lanes=1", "it is 1 already")]
    public void What_cannot_be_tried_is_refused(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<InvalidInputFileException>(() => Ladders().Parse(text)).Message, StringComparison.Ordinal);

    private KnobLadders Ladders(params string[] set) => new(value => _file.Load([.. set, value]), _file.Load(set));
}
