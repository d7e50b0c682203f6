using System.Text.RegularExpressions;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// A running process whose topology file changes: docs/topology.md, While running.
/// </summary>
public sealed partial class LiveKnobsTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    [SharedFact]
    public async Task A_running_process_takes_the_knobs_that_can_change_says_what_needs_a_restart_and_goes_on_deciding()
    {
        using var file = new CopiedTopology();
        var text = file.Text;
        await ScoringProcess.SucceedAsync(cluster.Environment, "topics", "create", "--topology", file.FilePath);
        using var run = new RunningProcess(cluster.Environment, "run", "--topology", file.FilePath, "--set", "emit.linger=2ms");
        await run.SaysAsync("ready: ");
        using var http = new HttpClient { BaseAddress = new Uri(Address().Match(run.Said).Value) };
        Assert.Equal(256, (await MetricsPage.OnceAsync(http, _ => true))[Knob("ingest.batchRowsMax")]);
        await PublishAsync(file, seed: 1);
        await MetricsPage.OnceAsync(http, now => Decisions(now) == 2000);

        // As an editor does it: another file in its place.
        File.WriteAllText(file.FilePath + "~", text + "\ningest: {batchRowsMax: 16, mergeWaitMax: 1500ms}\nscore: {lanes: 2}\nemit: {batchesInFlightMax: 5, linger: 9ms}\n"
            .Replace("emit:", "state: {megabytesMax: 512}\nemit:", StringComparison.Ordinal));
        File.Move(file.FilePath + "~", file.FilePath, overwrite: true);
        await run.SaysAsync("ingest.batchRowsMax 256 -\\u003E 16, ingest.mergeWaitMax 5s -\\u003E 1500ms, score.lanes 1 -\\u003E 2, emit.batchesInFlightMax 32 -\\u003E 5");
        await run.SaysAsync("these keys need a restart, until then their old values stay in force: state.megabytesMax");
        var metrics = await MetricsPage.OnceAsync(http, now => now[Knob("score.lanes")] == 2);
        Assert.Equal((16, 1.5, 5), (metrics[Knob("ingest.batchRowsMax")], metrics[Knob("ingest.mergeWaitMax")], metrics[Knob("emit.batchesInFlightMax")]));
        Assert.Equal(0.002, metrics[Knob("emit.linger")]);
        await PublishAsync(file, seed: 2);
        var after = await MetricsPage.OnceAsync(http, now => Decisions(now) == 4000);
        Assert.True(after["scoring_batch_rows_count"] - metrics["scoring_batch_rows_count"] >= 2000 / 16);

        File.WriteAllText(file.FilePath, text + "\ningest: {batchRowsMax: 1025}\n");
        await run.SaysAsync("ingest.batchRowsMax is 1025; allowed 1..1024; the changed file is not taken, the values in force stay");
        File.WriteAllText(file.FilePath, text + "\ningest: {batchRowsMax: 1024}\nstate: {megabytesMax: 512}\n");
        await run.SaysAsync("ingest.batchRowsMax 16 -\\u003E 1024, ingest.mergeWaitMax 1500ms -\\u003E 5s, score.lanes 2 -\\u003E 1, emit.batchesInFlightMax 5 -\\u003E 32");
        await PublishAsync(file, seed: 3);
        await MetricsPage.OnceAsync(http, now => Decisions(now) == 6000);
        await run.SignalAsync("INT");
        await run.SaysAsync("\"decisions\":6000,\"dead_letters\":0");
    }

    private async Task PublishAsync(CopiedTopology file, int seed)
    {
        var folder = Path.Combine(file.Folder, $"world{seed}");
        await ScoringProcess.SucceedAsync(cluster.Environment, "generate", "--payments", "2000", "--seed", $"{seed}", "--output", folder);
        await ScoringProcess.SucceedAsync(cluster.Environment, "publish", "--topology", file.FilePath, "--payments", $"{folder}/payments.csv");
    }

    private static string Knob(string key) => $"scoring_knob{{key=\"{key}\"}}";

    private static double Decisions(Dictionary<string, double> metrics) =>
        metrics.Where(metric => metric.Key.StartsWith("scoring_decisions_total{", StringComparison.Ordinal)).Sum(metric => metric.Value);

    [GeneratedRegex("http://[0-9.:]+")]
    private static partial Regex Address();
}
