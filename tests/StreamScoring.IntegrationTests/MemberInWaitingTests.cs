using StreamScoring.TestSupport;
namespace StreamScoring.IntegrationTests;

/// <summary>
/// One process more than there are partitions: it follows, and is there when another goes. On a
/// real broker, in both group protocols.
/// </summary>
public sealed class MemberInWaitingTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/handbook/topology.yaml";

    [SharedTheory]
    [InlineData("classic")]
    [InlineData("consumer")]
    public async Task A_process_without_partitions_is_ready_all_the_same_and_owns_those_of_one_that_leaves(string protocol)
    {
        string[] set =
        [
            .. new[] { "payments", "labels", "decisions", "deadLetters" }.SelectMany(topic => new[] { "--set", $"regions.eu.topics.{topic}={protocol}-{topic}" }),
            "--set", $"group={protocol}", "--set", "regions.eu.partitions=1", "--set", $"membership.protocol={protocol}",
        ];
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        using var first = Start("first");
        await first.SaysAsync("ready: region eu, owns eu/");
        using var second = Start("second");
        await second.SaysAsync("ready: region eu, owns ;");
        await first.SignalAsync("TERM");
        await second.SaysAsync($"owns eu/{protocol}-payments/0");

        RunningProcess Start(string name) => new(
            new Dictionary<string, string>(cluster.Environment) { ["SCORING_DATA"] = Path.Combine(cluster.Environment["SCORING_DATA"], protocol, name) },
            ["run", "--topology", Topology, .. set]);
    }
}
