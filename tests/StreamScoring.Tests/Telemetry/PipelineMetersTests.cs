using System.Text;
using Prometheus;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Logs;
using StreamScoring.Telemetry;

namespace StreamScoring.Tests.Telemetry;

public sealed class PipelineMetersTests
{
    [Fact]
    public async Task A_graph_that_starts_over_with_more_logs_goes_on_counting_in_the_same_registry()
    {
        var registry = Metrics.NewCustomRegistry();
        new PipelineMeters(registry, Logs(1)).BatchDecided(Late(3));
        new PipelineMeters(registry, Logs(2)).BatchDecided(Late(4));
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text, CancellationToken.None);
        var lines = Encoding.UTF8.GetString(text.ToArray()).Split('\n');
        Assert.Contains("scoring_late_total 7", lines);
        Assert.Equal(2, lines.Count(line => line.StartsWith("scoring_records_total{", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_decisions_are_flagged_with_is_counted_and_a_conflict_once()
    {
        var registry = Metrics.NewCustomRegistry();
        new PipelineMeters(registry, Logs(1)).BatchDecided(Flagged(
            VerdictFlags.None, VerdictFlags.Late | VerdictFlags.Unscored, VerdictFlags.Duplicate | VerdictFlags.ConflictingId, VerdictFlags.ConflictingId | VerdictFlags.Approximate));
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text, CancellationToken.None);
        var lines = Encoding.UTF8.GetString(text.ToArray()).Split('\n');
        Assert.All(["late", "unscored", "duplicates", "approximate", "conflicting_ids"], name => Assert.Contains($"scoring_{name}_total 1", lines));
    }

    private static PaymentBatch Late(int rows) => Flagged([.. Enumerable.Repeat(VerdictFlags.Late, rows)]);

    private static PaymentBatch Flagged(params VerdictFlags[] flags)
    {
        var batch = new PaymentBatch(new BatchLayout(new HashSet<TextField>(), [], 1), flags.Length, 64) { DecideCount = flags.Length };
        for (var rowIndex = 0; rowIndex < flags.Length; rowIndex++)
        {
            (batch.DecideRows[rowIndex], batch.Flags[rowIndex]) = (rowIndex, flags[rowIndex]);
        }

        return batch;
    }

    private static LogTable Logs(int partitions) =>
        new(Enumerable.Range(0, partitions).Select(partition => (new LogId("eu", "payments", partition), LogKind.Payments)));
}
