using System.Text.Json;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>One set of payments as a table and as JSON: attributes are the same texts and numbers,
/// however they come.</summary>
public sealed class AttributeTypeTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private static readonly string[] Names = ["is_leading_zero_zip", "is_model_1e5", "zips_1d", "models_1d", "n_1d", "dist", "dist_missing"];

    [SharedFact]
    public async Task A_table_that_is_published_backfilled_or_written_as_json_gives_the_same_features()
    {
        using var topology = new CopiedTopology();
        var features = Path.Combine(topology.Folder, "features.yaml");
        var added = await File.ReadAllLinesAsync(SharedFolder.PathOf("cases", "attribute-types", "f.yaml"));
        await File.AppendAllLinesAsync(features, added.SkipWhile(line => line != "features:").Skip(1));
        string[] csv = [.. await File.ReadAllLinesAsync(SharedFolder.PathOf("cases", "attribute-types", "p.csv"))];
        var table = Path.Combine(topology.Folder, "p.csv");
        // The payments that stand in the JSON too.
        await File.WriteAllLinesAsync(table, csv.Take(4));

        var published = await DecideAsync(topology, "published", set => ScoringProcess.SucceedAsync(cluster.Environment, ["publish", "--topology", topology.FilePath, .. set, "--payments", table]));
        var json = await DecideAsync(topology, "json", async _ => await cluster.ProduceByKcatAsync(
            "json-payments", await File.ReadAllLinesAsync(SharedFolder.PathOf("cases", "attribute-types", "records.ndjson"))));
        var output = Path.Combine(topology.Folder, "o.csv");
        await ScoringProcess.SucceedAsync(cluster.Environment, "backfill", "--features", features, "--payments", table, "--output", output);

        string[] expected = ["p1: 1,1,1,1,1,1.5,0", "p2: 0,0,2,2,2,,1", "p3: 0,0,3,3,3,,1"];
        Assert.Equal(expected, published);
        Assert.Equal(expected, json);
        var rows = (await File.ReadAllLinesAsync(output)).Select(line => line.Split(',')).ToList();
        Assert.Equal(expected, rows.Skip(1).Select(row => $"{row[0]}: {string.Join(',', Names.Select(name => row[Array.IndexOf(rows[0], name)]))}"));
    }

    /// <returns>By payment: the features that the case names.</returns>
    private async Task<string[]> DecideAsync(CopiedTopology topology, string name, Func<string[], Task> publish)
    {
        string[] set =
        [
            "--set", $"group={name}", "--set", $"regions.eu.topics.payments={name}-payments", "--set", $"regions.eu.topics.labels={name}-labels",
            "--set", $"regions.eu.topics.decisions={name}-decisions", "--set", $"regions.eu.topics.deadLetters={name}-dead-letters", "--set", "regions.eu.partitions=1",
        ];
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", topology.FilePath, .. set]);
        await publish(set);
        await ScoringProcess.SucceedAsync(cluster.Environment, ["run", "--topology", topology.FilePath, .. set, "--until-idle", "2s"]);
        var read = await ScoringProcess.SucceedAsync(cluster.Environment, ["decisions", "--topology", topology.FilePath, .. set, "--json"]);
        return [.. read.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .Select(decision => $"{decision.GetProperty("payment_id")}: {string.Join(',', Names.Select(feature => decision.GetProperty("features").GetProperty(feature).ToString()))}")
            .Order(StringComparer.Ordinal)];
    }
}
