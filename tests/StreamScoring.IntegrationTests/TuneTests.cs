using System.Text.Json;
using Confluent.Kafka;
using StreamScoring.Deployment;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// <c>scoring tune</c>: what it measures is not judged here, but what it writes and what it leaves
/// behind.
/// </summary>
public sealed class TuneTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private static readonly Dictionary<string, string> Nothing = [];
    private static readonly string[] Few = ["--events", "1000", "--rounds", "3"];

    [Fact]
    public async Task On_the_embedded_broker_it_writes_a_file_that_loads_and_differs_in_the_swept_knobs_alone()
    {
        using var file = new CopiedTopology();
        var output = Path.Combine(file.Folder, "topology.tuned.yaml");
        string[] command = ["tune", "--topology", file.FilePath, "--embedded", .. Few, "--try", "score.lanes=2", "--try", "ingest.batchRowsMax=1,512", "--try", "emit.compression=none"];
        var outcome = await ScoringProcess.SucceedAsync(Nothing, [.. command, "--json"]);
        Assert.Equal("", outcome.Errors);
        var found = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal(output, found.GetProperty("output").GetString());
        Assert.Equal(4, found.GetProperty("comparisons").GetArrayLength());
        Assert.All(found.GetProperty("comparisons").EnumerateArray(), one => Assert.Equal(3, one.GetProperty("candidate").GetProperty("values").GetArrayLength()));
        var changed = found.GetProperty("changed").EnumerateArray().Select(key => key.GetString()!).ToList();
        Assert.Subset(new HashSet<string> { "score.lanes", "ingest.batchRowsMax", "emit.compression" }, changed.ToHashSet());

        var (before, after) = (TopologyFile.Load(file.FilePath, []), TopologyFile.Load(output, []));
        Assert.Equal(changed.Order(), TopologyKeys.Of(after).Where(key => key.Text(after) != key.Text(before)).Select(key => key.Name).Order());
        Assert.All(changed, key => Assert.Equal(found.GetProperty("recommended").GetProperty(key).GetString(), TopologyKeys.Named(key).Text(after)));
        var text = await File.ReadAllTextAsync(output);
        Assert.Contains("# merchants, devices and addresses are shared by cards of all partitions", text, StringComparison.Ordinal);
        Assert.Contains("#   score.lanes 1 -> 2: ", text, StringComparison.Ordinal);
        await ScoringProcess.SucceedAsync(Nothing, "topology", "validate", output);

        var again = await ScoringProcess.RunAsync(Nothing, command);
        Assert.Equal(2, again.ExitCode);
        Assert.Contains($"{output} is there already; --force overwrites it", again.Errors, StringComparison.Ordinal);
        var forced = await ScoringProcess.SucceedAsync(Nothing, [.. command, "--force"]);
        Assert.Contains("better: by more than the incumbent's own trials differ", forced.Output, StringComparison.Ordinal);
        Assert.Contains($"written: {output}", forced.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--rate 100", "--rate goes with --goal latency")]
    [InlineData("--goal latency --rate 0", "--rate is 0; give a number above 0")]
    [InlineData("--rounds 2", "--rounds is 2; give 3 or more")]
    [InlineData("--events 5", "--events is 5; give 100 or more")]
    [InlineData("--columns topology/handbook/columns.yaml", "give both")]
    [InlineData("--output /tmp/elsewhere.yaml", "it must lie in the folder of")]
    [InlineData("--output FILE", "is the topology itself")]
    [InlineData("--embedded --set delivery=transactional", "the embedded broker knows no transactions")]
    [InlineData("--embedded --events 1000000", "give at most --events ")]
    [InlineData("--embedded --try decide.blockFrom=95", "decide.blockFrom is not swept")]
    [InlineData("--embedded --try score.lanes=65", "score.lanes is 65; allowed 1..64")]
    [InlineData("--goal speed", "speed")]
    public async Task Wrong_usage_is_named_before_anything_is_measured(string options, string problem)
    {
        using var file = new CopiedTopology();
        var outcome = await ScoringProcess.RunAsync(Nothing, ["tune", "--topology", file.FilePath, .. options.Replace("FILE", file.FilePath, StringComparison.Ordinal).Split(' ')]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(problem, outcome.Errors, StringComparison.Ordinal);
        Assert.Equal("", outcome.Output);
    }

    [SharedTheory]
    [InlineData("--goal throughput")]
    [InlineData("--goal latency --rate 500")]
    [InlineData("--goal throughput --set delivery=transactional")]
    public async Task On_real_brokers_it_leaves_no_topic_and_no_group_behind(string goal)
    {
        using var file = new CopiedTopology();
        await ScoringProcess.SucceedAsync(cluster.Environment, ["tune", "--topology", file.FilePath, .. goal.Split(' '), .. Few, "--try", "emit.linger=0ms"]);
        Assert.True(File.Exists(Path.Combine(file.Folder, "topology.tuned.yaml")));
        await RequireNothingLeftAsync();
    }

    [SharedFact]
    public async Task An_interrupted_sweep_deletes_its_topics_writes_no_file_and_ends_with_130()
    {
        using var file = new CopiedTopology();
        using var tune = ScoringProcess.Start(cluster.Environment, "tune", "--topology", file.FilePath, "--events", "20000");
        using var ending = ScoringProcess.EndingWithTheTest(tune);
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = cluster.Brokers }).Build();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!tune.HasExited && !admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.Exists(topic => topic.Topic.StartsWith("decisions-tune-", StringComparison.Ordinal)))
        {
            await timer.WaitForNextTickAsync();
        }

        Assert.Equal(130, await ScoringProcess.InterruptAsync(tune));
        Assert.False(File.Exists(Path.Combine(file.Folder, "topology.tuned.yaml")));
        await RequireNothingLeftAsync();
    }

    /// <summary>A broker that was told to delete a topic may name it a moment longer.</summary>
    private async Task RequireNothingLeftAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = cluster.Brokers }).Build();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.Exists(topic => topic.Topic.Contains("-tune-", StringComparison.Ordinal)))
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }

        var groups = await admin.ListConsumerGroupsAsync();
        Assert.DoesNotContain(groups.Valid, group => group.GroupId.Contains("-tune-", StringComparison.Ordinal));
    }
}
