using System.Text.Json;

using StreamScoring.TestSupport;
namespace StreamScoring.IntegrationTests;

/// <summary>
/// What stands beside the champion's score on a decision: shadow models and reasons.
/// </summary>
public sealed class ModelOptionTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/generated/topology.yaml";
    private const int Payments = 3000;

    [SharedTheory]
    [InlineData("auto")]
    [InlineData("onnxruntime")]
    public async Task The_champion_as_its_own_shadow_says_the_same_and_every_risky_decision_has_its_reasons(string engine)
    {
        const int reasonsFrom = 20, reasonsMax = 4;
        var folder = Directory.CreateTempSubdirectory("world").FullName;
        await ScoringProcess.SucceedAsync(new Dictionary<string, string>(), "generate", "--payments", $"{Payments}", "--seed", "9", "--output", folder);
        string[] set =
        [
            "--set", $"group=beside-{engine}", "--set", $"regions.eu.topics.payments={engine}-payments", "--set", $"regions.eu.topics.labels={engine}-labels",
            "--set", $"regions.eu.topics.decisions={engine}-decisions", "--set", $"regions.eu.topics.deadLetters={engine}-dead-letters",
            // Nothing is to be late here, however busy the machine is.
            "--set", "models.shadows=model", "--set", "models.shadowWaitMax=1s", "--set", $"score.engine={engine}",
            "--set", $"decide.reasonsFrom={reasonsFrom}", "--set", $"decide.reasonsMax={reasonsMax}",
        ];
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        await ScoringProcess.SucceedAsync(cluster.Environment, ["publish", "--topology", Topology, .. set, "--payments", $"{folder}/payments.csv", "--labels", $"{folder}/labels.csv"]);
        await ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", Topology, .. set, "--until-idle", "2s"]);
        var read = await ScoringProcess.SucceedAsync(cluster.Environment, ["decisions", "--topology", Topology, .. set, "--json"]);
        Directory.Delete(folder, recursive: true);

        var decisions = read.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(Payments, decisions.Count);
        var (withShadow, risky) = (0, 0);
        foreach (var decision in decisions)
        {
            foreach (var shadow in decision.GetProperty("shadow").EnumerateArray())
            {
                withShadow++;
                var version = decision.GetProperty("model").GetProperty("version").GetString()!;
                Assert.Equal($"generated@{version["sha256:".Length..][..12]}", shadow.GetProperty("model").GetString());
                Assert.Equal(decision.GetProperty("probability").GetDouble(), shadow.GetProperty("probability").GetDouble());
            }

            var reasons = decision.GetProperty("reasons").EnumerateArray().ToList();
            if (decision.GetProperty("score").GetInt32() < reasonsFrom)
            {
                Assert.Empty(reasons);
                continue;
            }

            risky++;
            Assert.InRange(reasons.Count, 1, reasonsMax);
            Assert.Equal(reasons.Select(reason => reason.GetProperty("contribution").GetDouble()).OrderDescending(), reasons.Select(reason => reason.GetProperty("contribution").GetDouble()));
            foreach (var reason in reasons)
            {
                var feature = reason.GetProperty("feature").GetString()!;
                Assert.True(reason.GetProperty("contribution").GetDouble() > 0);
                Assert.Equal(decision.GetProperty("features").GetProperty(feature).ToString(), reason.GetProperty("value").ToString());
                Assert.NotEmpty(reason.GetProperty("text").GetString()!);
            }
        }

        Assert.InRange(risky, 10, Payments / 2);
        // A machine that stands still for a second leaves it out of a batch.
        Assert.InRange(withShadow, Payments / 2, Payments);
    }
}
