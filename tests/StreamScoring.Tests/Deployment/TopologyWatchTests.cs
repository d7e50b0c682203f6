using StreamScoring.Deployment;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Deployment;

public sealed class TopologyWatchTests : IDisposable
{
    private const string Knobs = SampleTopology.Text + "\ningest:\n  batchRowsMax: 64\n  mergeWaitMax: 1s\nscore: {lanes: 2}\nemit: {batchesInFlightMax: 8}\n";

    private readonly SampleTopology _file = new();
    private readonly List<string> _notices = [];

    public void Dispose() => _file.Dispose();

    [Fact]
    public void Live_keys_of_a_changed_file_are_taken_and_said_with_their_old_values()
    {
        var watch = Watch();
        _file.Write(Knobs);
        var taken = Settled(watch);
        Assert.NotNull(taken);
        Assert.Equal((64, TimeSpan.FromSeconds(1), 2, 8), (taken.Ingest.BatchRowsMax, taken.Ingest.MergeWaitMax, taken.ScoringLanes, taken.Emit.BatchesInFlightMax));
        Assert.Equal([$"{_file.FilePath} changed: ingest.batchRowsMax 256 -> 64, ingest.mergeWaitMax 5s -> 1s, score.lanes 1 -> 2, emit.batchesInFlightMax 32 -> 8"], _notices);
        Assert.Null(Settled(watch));
        _file.Write(Knobs.Replace("lanes: 2", "lanes: 3", StringComparison.Ordinal));
        Assert.Equal(3, Settled(watch)?.ScoringLanes);
        Assert.EndsWith("changed: score.lanes 2 -> 3", _notices[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Decisions_go_on_to_name_the_configuration_of_the_start()
    {
        var (watch, atStart) = (Watch(), _file.Load());
        _file.Write(Knobs + "decide: {blockFrom: 95, budget: 2s, reasonsFrom: 40}\n");
        var taken = Settled(watch)!;
        Assert.Equal(atStart.Hash, taken.Hash);
        Assert.Equal((95, TimeSpan.FromSeconds(2), 40), (taken.Thresholds.BlockFrom, taken.Budget, taken.Reasons.From));
    }

    [Fact]
    public void Keys_that_need_a_restart_are_named_once_and_the_others_are_taken()
    {
        var watch = Watch();
        _file.Write(Knobs + "group: other\ndata: elsewhere\n");
        Assert.Equal(64, Settled(watch)?.Ingest.BatchRowsMax);
        Assert.Null(Settled(watch));
        Assert.Equal(2, _notices.Count);
        Assert.EndsWith("these keys need a restart, until then their old values stay in force: group, data", _notices[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ingest:\n  batchRowsMax: 0\n", ":9:3: ingest.batchRowsMax is 0; allowed 1..1024")]
    [InlineData("ingest:\n  batchRowMax: 1\n", ":9:3: unknown key ingest.batchRowMax; did you mean batchRowsMax?")]
    [InlineData("ingest: [\n", "not valid YAML")]
    public void A_file_that_is_wrong_is_named_with_line_and_key_and_nothing_of_it_is_taken(string lines, string problem)
    {
        var watch = Watch();
        _file.Write($"{SampleTopology.Text}\n{lines}score: {{lanes: 2}}\n");
        Assert.Null(Settled(watch));
        Assert.Null(Settled(watch));
        var notice = Assert.Single(_notices);
        Assert.StartsWith(_file.FilePath, notice, StringComparison.Ordinal);
        Assert.Contains(problem, notice, StringComparison.Ordinal);
        Assert.EndsWith("the values in force stay", notice, StringComparison.Ordinal);
        _file.Write(Knobs);
        Assert.Equal(2, Settled(watch)?.ScoringLanes);
    }

    [Fact]
    public void A_change_that_is_refused_stays_out_of_force_and_comes_again_with_the_next_one()
    {
        var watch = Watch();
        _file.Write(Knobs);
        Assert.NotNull(watch.Look() ?? watch.Look());
        watch.Refused("models/next: there is no model.onnx");
        Assert.Equal(["models/next: there is no model.onnx; the changed file is not taken, the values in force stay"], _notices);
        Assert.Null(Settled(watch));
        _file.Write(Knobs.Replace("lanes: 2", "lanes: 3", StringComparison.Ordinal));
        Assert.Equal(64, Settled(watch)?.Ingest.BatchRowsMax);
        Assert.EndsWith("changed: ingest.batchRowsMax 256 -> 64, ingest.mergeWaitMax 5s -> 1s, score.lanes 1 -> 3, emit.batchesInFlightMax 32 -> 8", _notices[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_gone_changes_nothing_and_its_return_is_seen()
    {
        var watch = Watch();
        File.Delete(_file.FilePath);
        Assert.Null(Settled(watch));
        Assert.Null(Settled(watch));
        Assert.EndsWith("; the values in force stay", Assert.Single(_notices), StringComparison.Ordinal);
        _file.Write(Knobs);
        Assert.Equal(2, Settled(watch)?.ScoringLanes);
    }

    [Fact]
    public void A_file_that_is_being_written_is_not_judged_before_it_stands_still()
    {
        var watch = Watch();
        for (var length = 10; length < Knobs.Length; length += 10)
        {
            _file.Write(Knobs[..length]);
            Assert.Null(watch.Look());
        }

        Assert.Empty(_notices);
        _file.Write(Knobs);
        Assert.Equal(8, Settled(watch)?.Emit.BatchesInFlightMax);
    }

    [Fact]
    public void Another_file_in_its_place_counts_though_it_is_not_newer_and_so_does_a_link_that_is_turned()
    {
        var (old, other) = (Path.Combine(_file.Folder, "old.yaml"), Path.Combine(_file.Folder, "other.yaml"));
        File.Move(_file.FilePath, old);
        File.WriteAllText(other, Knobs);
        File.SetLastWriteTimeUtc(other, File.GetLastWriteTimeUtc(old));
        File.CreateSymbolicLink(_file.FilePath, old);
        var watch = Watch();
        Assert.Null(Settled(watch));
        File.CreateSymbolicLink(_file.FilePath + ".new", other);
        File.Move(_file.FilePath + ".new", _file.FilePath, overwrite: true);
        Assert.Equal(2, Settled(watch)?.ScoringLanes);
    }

    [Fact]
    public void Why_a_change_was_not_taken_is_told_as_long_as_the_file_says_it()
    {
        var (watch, before) = (Watch(), File.ReadAllText(_file.FilePath));
        _file.Write(Knobs);
        Assert.Null(watch.Look());
        Assert.NotNull(watch.Look());
        watch.Refused("a model is gone");
        Assert.Equal("a model is gone", watch.Compare().Problem);
        // It is taken back, and then something else differs.
        _file.Write(before);
        Assert.Null(Settled(watch));
        Assert.Empty(watch.Compare().Differences);
        _file.Write(before + "\ndata: elsewhere\n");
        Assert.Null(Settled(watch));
        Assert.Equal(("data", null), (Assert.Single(watch.Compare().Differences).Key, watch.Compare().Problem));
    }

    [Fact]
    public void What_the_file_says_and_is_not_in_force_is_told_and_secrets_are_not()
    {
        var watch = Watch();
        Assert.Empty(watch.Compare().Differences);
        File.WriteAllText(Path.Combine(_file.Folder, "password"), "hidden");
        _file.Write(Knobs.Replace("brokers:", "security: {sasl.username: scoring, sasl.password.file: password}\n    brokers:", StringComparison.Ordinal) + "data: elsewhere\n");
        var (differences, problem) = watch.Compare();
        Assert.Null(problem);
        Assert.Contains(new TopologyDifference("score.lanes", "2", "1", IsLive: true), differences);
        Assert.Contains(new TopologyDifference("regions.eu.security", null, null, IsLive: false), differences);
        Assert.Contains(differences, difference => difference.Key == "data" && !difference.IsLive && difference.File!.EndsWith("elsewhere", StringComparison.Ordinal));
        // Once they are taken, the live keys are in force.
        Assert.NotNull(Settled(watch));
        Assert.Equal(["data", "regions.eu.security"], watch.Compare().Differences.Select(difference => difference.Key).Order());
        _file.Write("ingest: [");
        Assert.Contains("not valid YAML", watch.Compare().Problem, StringComparison.Ordinal);
        File.Delete(_file.FilePath);
        Assert.Contains(_file.FilePath, watch.Compare().Problem, StringComparison.Ordinal);
        // It judged nothing: that is for whoever takes the file over.
        Assert.Single(_notices, notice => notice.Contains("need a restart", StringComparison.Ordinal));
    }

    [Fact]
    public void What_was_given_by_set_goes_on_overriding_the_file()
    {
        var watch = Watch("score.lanes=5");
        _file.Write(Knobs);
        Assert.Equal(5, Settled(watch)?.ScoringLanes);
    }

    [Fact]
    public void A_file_that_names_the_partitions_that_topics_have_grown_to_needs_no_restart()
    {
        var watch = Watch();
        watch.Grew([_file.Load().Home with { Partitions = 8, LabelPartitions = 8 }]);
        _file.Write(SampleTopology.Text.Replace("brokers:", "partitions: 8\n    brokers:", StringComparison.Ordinal));
        Assert.Null(Settled(watch));
        Assert.Empty(_notices);
    }

    private TopologyWatch Watch(params string[] overrides) => new(_file.Load(overrides), overrides, new TextLogger(_notices.Add));

    /// <summary>Looks twice, as what is found once may be half a file.</summary>
    private static Topology? Settled(TopologyWatch watch)
    {
        if ((watch.Look() ?? watch.Look()) is not { } change)
        {
            return null;
        }

        watch.Took(change);
        return change.Target;
    }
}
