using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;
using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Drift;
using StreamScoring.Host.Serving;
using StreamScoring.Logs;
using StreamScoring.Quality;
using StreamScoring.Scoring;
using StreamScoring.Signals;
using StreamScoring.Telemetry;
using StreamScoring.TestSupport;
using StreamScoring.Workloads;

namespace StreamScoring.IntegrationTests;

public sealed class MeterExportTests : IDisposable
{
    private static readonly string Expected = Path.Combine(SharedFolder.RepositoryRoot, "tests", "StreamScoring.IntegrationTests", "engine-metrics.txt");

    private readonly EngineMeter _meter = new();
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly MeterExport _export;

    public MeterExportTests() => _export = new MeterExport(_meter, _registry);

    /// <summary>
    /// Dashboards and alerts of others rely on them. SCORING_WRITE_EXPECTED=1 writes the file anew.
    /// </summary>
    [Fact]
    public async Task Names_types_help_labels_and_buckets_of_the_engines_metrics_stay_and_each_series_begins_at_0()
    {
        Measure();
        var page = await PageAsync();
        if (Environment.GetEnvironmentVariable("SCORING_WRITE_EXPECTED") == "1")
        {
            await File.WriteAllTextAsync(Expected, page);
        }

        Assert.Equal(await File.ReadAllTextAsync(Expected), page);
    }

    [Fact]
    public async Task A_page_says_what_was_recorded()
    {
        var (pipeline, _) = Measure();
        pipeline.StageSeconds("ingest").Record(15e-6);
        pipeline.StatePaused(TimeSpan.FromSeconds(1));
        pipeline.Rejected(RejectReason.UnknownCurrency);
        pipeline.Rejected(RejectReason.UnknownCurrency);
        new PositionMeters(_meter).Unfolded(new LogId("eu", "payments", 0), 7);
        var lines = (await PageAsync()).Split('\n');
        Assert.Contains("scoring_stage_seconds_bucket{stage=\"ingest\",le=\"1e-05\"} 0", lines);
        Assert.Contains("scoring_stage_seconds_bucket{stage=\"ingest\",le=\"2e-05\"} 1", lines);
        Assert.Contains("scoring_state_pause_seconds_sum 1", lines);
        Assert.Contains("scoring_rejected_total{reason=\"unknown_currency\"} 2", lines);
        Assert.Contains("scoring_records_gone_total{region=\"eu\",topic=\"payments\",partition=\"0\",before=\"fold\"} 7", lines);
    }

    [Fact]
    public async Task A_gauge_is_on_the_page_while_its_value_is_known()
    {
        var gauge = _meter.Meter.CreateGauge<double>("scoring_ratio");
        Assert.DoesNotContain("scoring_ratio 0", await PageAsync(), StringComparison.Ordinal);
        gauge.Record(0.25);
        Assert.Contains("scoring_ratio 0.25", (await PageAsync()).Split('\n'));
        gauge.Record(double.NaN);
        Assert.DoesNotContain((await PageAsync()).Split('\n'), line => line.StartsWith("scoring_ratio", StringComparison.Ordinal));
        gauge.Record(0.5);
        Assert.Contains("scoring_ratio 0.5", (await PageAsync()).Split('\n'));
    }

    [Fact]
    public async Task Another_engine_of_the_process_is_not_on_the_page()
    {
        using var other = new EngineMeter();
        new PipelineMeters(other, Logs()).StatePaused(TimeSpan.FromSeconds(1));
        Assert.Equal("", await PageAsync());
    }

    [Fact]
    public async Task What_was_made_before_the_export_began_is_on_the_page()
    {
        using var meter = new EngineMeter();
        var pipeline = new PipelineMeters(meter, Logs());
        using var export = new MeterExport(meter, _registry);
        pipeline.StatePaused(TimeSpan.FromSeconds(1));
        Assert.Contains("scoring_state_pause_seconds_count 1", (await PageAsync()).Split('\n'));
    }

    [Fact]
    public void An_instrument_that_is_not_exported_is_refused_with_what_is()
    {
        var refused = Assert.Throws<NotSupportedException>(() => _meter.Meter.CreateUpDownCounter<int>("scoring_balance"));
        Assert.StartsWith("scoring_balance is a UpDownCounter`1; exported are counters and gauges of long", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        var (pipeline, shadows) = Measure();
        var seconds = pipeline.StageSeconds("score");
        pipeline.Rejected(RejectReason.Empty);
        Assert.Equal(0, AllocationMeter.LeastBytes(() =>
        {
            for (var batch = 0; batch < 1000; batch++)
            {
                seconds.Record(1e-3);
                pipeline.StatePaused(TimeSpan.FromMilliseconds(1));
                pipeline.Rejected(RejectReason.Empty);
                pipeline.TimestampAhead(0);
                shadows.Asked(0, ShadowOutcome.Scored, 3);
            }
        }));
    }

    public void Dispose()
    {
        _export.Dispose();
        _meter.Dispose();
    }

    /// <summary>Everything that counts in an engine.</summary>
    private (PipelineMeters Pipeline, ShadowMeters Shadows) Measure()
    {
        var shadows = new ShadowMeters(_meter, ["shadow"], new RiskThresholds());
        var pipeline = new PipelineMeters(_meter, Logs());
        _ = pipeline.StageSeconds("ingest");
        _ = new ModelFailures(_meter, NullLogger.Instance);
        _ = new PositionMeters(_meter);
        using var drift = new DriftWatch(_meter, TimeSpan.FromDays(1), TimeProvider.System, NullLogger.Instance);
        _ = drift.Open([new WatchedModel("model", [(new ReferenceHistogram("input", [1], [0.5, 0.5]), 0)], null, [])]);
        using var quality = new QualityWatch(_meter, new QualityOptions(), "", TimeProvider.System, NullLogger.Instance);
        return (pipeline, shadows);
    }

    private static LogTable Logs() => new([(new LogId("eu", "payments", 0), LogKind.Payments), (new LogId("eu", "payments", 1), LogKind.Payments)]);

    private async Task<string> PageAsync()
    {
        using var stream = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
