using System.Text.RegularExpressions;
using StreamScoring.Client;
using StreamScoring.Contracts;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// Generated payments, one world for each seed, that a running process of
/// <c>topology/generated</c> decides.
/// </summary>
/// <param name="folder">Where the worlds are kept.</param>
/// <param name="payments">Of each world.</param>
internal sealed partial class DecidedWorlds(KafkaCluster cluster, string folder, int payments)
{
    /// <summary>A process that is ready.</summary>
    public static async Task<HttpClient> ReadyAsync(RunningProcess run)
    {
        await run.SaysAsync("ready: ");
        return new HttpClient { BaseAddress = new Uri(Address().Match(run.Said).Value) };
    }

    /// <returns>The table of a world's payments.</returns>
    public async Task<string> TableAsync(int seed)
    {
        var world = Path.Combine(folder, $"world{seed}");
        if (!Directory.Exists(world))
        {
            await ScoringProcess.SucceedAsync(cluster.Environment, "generate", "--payments", $"{payments}", "--seed", $"{seed}", "--output", world);
        }

        return Path.Combine(world, "payments.csv");
    }

    /// <summary>The cards of a world's payments, in their order.</summary>
    public async Task<IEnumerable<string>> CardsAsync(int seed)
    {
        var lines = await File.ReadAllLinesAsync(await TableAsync(seed));
        var column = Array.IndexOf(lines[0].Split(','), "card_id");
        return lines.Skip(1).Select(line => line.Split(',')[column]);
    }

    /// <summary>For each payment of a world its card.</summary>
    public async Task<Dictionary<string, string>> CardByPaymentAsync(int seed)
    {
        var lines = await File.ReadAllLinesAsync(await TableAsync(seed));
        var columns = lines[0].Split(',');
        var (id, card) = (Array.IndexOf(columns, "payment_id"), Array.IndexOf(columns, "card_id"));
        return lines.Skip(1).Select(line => line.Split(',')).ToDictionary(fields => fields[id], fields => fields[card]);
    }

    /// <summary>Publishes a world, and waits until it is decided.</summary>
    public async Task DecideAsync(HttpClient http, int seed)
    {
        var before = Decided(await MetricsPage.OnceAsync(http, _ => true));
        // The broker's address and the topics are the same in each form of the file.
        await ScoringProcess.SucceedAsync(cluster.Environment, "publish", "--topology", "topology/generated/topology.yaml", "--payments", await TableAsync(seed));
        await MetricsPage.OnceAsync(http, now => Decided(now) == before + payments);
    }

    /// <summary>All decisions, each payment's once.</summary>
    public async Task<List<DecisionRecord>> DecisionsAsync()
    {
        var decisions = new List<DecisionRecord>();
        var region = new ScoringRegion { Name = "eu", Kafka = new KafkaSettings(cluster.Brokers) };
        await using var reader = await DecisionReader.OpenAsync(region, new DecisionReaderOptions { Follow = false });
        await foreach (var decision in reader.ReadAsync())
        {
            decisions.Add(decision.Record);
        }

        return decisions;
    }

    private static double Decided(Dictionary<string, double> metrics) =>
        metrics.Where(metric => metric.Key.StartsWith("scoring_decisions_total{", StringComparison.Ordinal)).Sum(metric => metric.Value);

    [GeneratedRegex("http://[0-9.:]+")]
    private static partial Regex Address();
}
