using System.Text;
using Prometheus;
using StreamScoring.Diagnostics;
using StreamScoring.Regions;

namespace StreamScoring.Tests.Diagnostics;

public sealed class PipelineMetersTests
{
    [Fact]
    public async Task A_graph_that_starts_over_with_more_logs_goes_on_counting_in_the_same_registry()
    {
        var registry = Metrics.NewCustomRegistry();
        new PipelineMeters(registry, Logs(1)).Late(3);
        new PipelineMeters(registry, Logs(2)).Late(4);
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text, CancellationToken.None);
        var lines = Encoding.UTF8.GetString(text.ToArray()).Split('\n');
        Assert.Contains("scoring_late_total 7", lines);
        Assert.Equal(2, lines.Count(line => line.StartsWith("scoring_records_total{", StringComparison.Ordinal)));
    }

    private static LogTable Logs(int partitions) =>
        new(Enumerable.Range(0, partitions).Select(partition => (new LogId("eu", "payments", partition), LogKind.Payments)));
}
