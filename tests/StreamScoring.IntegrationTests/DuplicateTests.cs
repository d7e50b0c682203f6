using System.Text.Json;

using StreamScoring.TestSupport;
namespace StreamScoring.IntegrationTests;

/// <summary>
/// Payments that are published again after the process that decided them has gone.
/// </summary>
public sealed class DuplicateTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/handbook/topology.yaml";
    private const int Payments = 100;

    [SharedTheory]
    [InlineData("idempotent", "5m")]
    [InlineData("idempotent", "0s")]
    [InlineData("transactional", "5m")]
    [InlineData("transactional", "0s")]
    public async Task A_payment_that_comes_again_after_a_restart_gets_its_first_decision_back(string delivery, string snapshotInterval)
    {
        var name = $"again-{delivery}-{snapshotInterval}";
        string[] set =
        [
            "--set", $"group={name}", "--set", $"regions.eu.topics.payments={name}-payments", "--set", $"regions.eu.topics.labels={name}-labels",
            "--set", $"regions.eu.topics.decisions={name}-decisions", "--set", $"regions.eu.topics.deadLetters={name}-dead-letters",
            "--set", "regions.eu.partitions=1", "--set", $"delivery={delivery}", "--set", $"snapshots.interval={snapshotInterval}",
        ];
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        const string bad = "{\"payment_id\":\"bad\"}";
        await cluster.ProduceByKcatAsync($"{name}-payments", Enumerable.Range(0, Payments).Select(Payment).Append(bad));
        await cluster.ProduceByKcatAsync($"{name}-labels", [bad]);
        await RunAsync(set, $"\"decisions\":{Payments},\"dead_letters\":2,\"folded\":0");

        // Whoever decides now blocks everything: what it gives back can only be what was decided
        // first.
        string[] blocking = [.. set, "--set", "decide.blockFrom=0", "--set", "decide.reviewFrom=0", "--set", "decide.challengeFrom=0"];
        await cluster.ProduceByKcatAsync($"{name}-payments", Enumerable.Range(0, Payments + 1).Select(Payment).Append(bad));
        await RunAsync(blocking, $"\"decisions\":{Payments + 1},\"dead_letters\":1,");

        var decisions = await ScoringProcess.SucceedAsync(cluster.Environment, ["decisions", "--topology", Topology, .. set, "--json"]);
        var byPayment = decisions.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .GroupBy(decision => decision.GetProperty("payment_id").GetString()!).ToDictionary(payment => payment.Key, payment => payment.ToList());
        Assert.Equal(Payments + 1, byPayment.Count);
        var added = Assert.Single(byPayment[$"p-{Payments}"]);
        Assert.Equal(("block", false), (added.GetProperty("action").GetString(), IsDuplicate(added)));
        Assert.Equal(Payments + 1, added.GetProperty("features").GetProperty("customer_nb_tx_1d").GetDouble());
        for (var i = 0; i < Payments; i++)
        {
            var (first, again) = (byPayment[$"p-{i}"][0], Assert.Single(byPayment[$"p-{i}"][1..]));
            Assert.NotEqual("block", first.GetProperty("action").GetString());
            Assert.Equal((false, true), (IsDuplicate(first), IsDuplicate(again)));
            foreach (var part in new[] { "action", "score", "level", "probability", "raw" })
            {
                Assert.Equal(first.GetProperty(part).ToString(), again.GetProperty(part).ToString());
            }
        }
    }

    private async Task RunAsync(string[] set, string totals)
    {
        var run = await ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", Topology, .. set, "--until-idle", "2s"]);
        Assert.Contains(totals, run.Errors, StringComparison.Ordinal);
    }

    private static string Payment(int i) =>
        $"{{\"payment_id\":\"p-{i}\",\"event_time\":{1_700_000_000_000 + i},\"amount_minor\":100,\"currency\":\"EUR\",\"customer_id\":\"c-1\",\"terminal_id\":\"t-1\"}}";

    private static bool IsDuplicate(JsonElement decision) =>
        decision.TryGetProperty("flags", out var flags) && flags.EnumerateArray().Any(flag => flag.GetString() == "duplicate");
}
