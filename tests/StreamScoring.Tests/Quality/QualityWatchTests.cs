using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.Ingest;
using StreamScoring.Quality;
using StreamScoring.Signals;
using StreamScoring.State;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Quality;

public sealed class QualityWatchTests : IDisposable
{
    private const string File = "eu-0";

    private readonly QualityWorld _world = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("quality").FullName;

    private static long Noon => QualityWorld.Noon;

    private SnapshotFolder Store => new(_folder);

    public void Dispose()
    {
        _world.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void What_an_engine_decides_is_joined_with_labels_by_model_action_and_rule()
    {
        _world.Decide(("a", Noon, 10), ("b", Noon, 60), ("c", Noon, 97), ("d", Noon, 33), ("e", Noon, 72));
        _world.Label("a", Noon, Noon + 1000, isFraud: true);
        _world.Label("b", Noon, Noon + 1000, isFraud: true);
        _world.Label("e", Noon, Noon + 1000, isFraud: false);
        _world.Label("d", Noon, Noon + 1000, isFraud: false);

        var figures = Figures();
        Assert.Equal(new QualityCounts(5, 2, 2, 0, 1), figures.All);
        Assert.Equal((0.5, 0.5), (figures.Precision!.Value, figures.Recall!.Value));
        var model = Assert.Single(figures.Models);
        Assert.Equal(("champion", QualityWorld.Model, new QualityCounts(5, 2, 2, 0, 1), new QualityCounts(3, 1, 1, 0, 1)), (model.Role, model.Model, model.All, model.Flagged));
        Assert.Equal((0.60 + 0.72) / 2, model.Expected!.Value, 3);
        Assert.Equal([("big", "block", false, 1L), ("odd", "review", true, 1L)], figures.Rules.Select(rule => (rule.Rule, rule.Action, rule.IsShadow, rule.Fired.Payments)));
        Assert.Equal((0.0, null), (figures.Rules[1].Precision?.Value, figures.Rules[0].Precision?.Value));
        Assert.Equal([("allow", 2L), ("challenge", 1L), ("review", 1L), ("block", 1L)], figures.Actions.Select(action => (action.Action, action.All.Payments)));
    }

    [Fact]
    public void Payments_that_came_again_and_decisions_that_were_not_acknowledged_do_not_count()
    {
        _world.Decide(("a", Noon, 10));
        _world.Decide(("a", Noon, 10));
        _world.Lose(_world.Run(("b", Noon, 60)));
        Assert.Equal(1, Figures().All.Payments);
    }

    [Fact]
    public void A_batch_that_is_decided_again_after_a_failure_counts_once_and_so_do_labels_that_are_folded_again()
    {
        for (var run = 0; run < 3; run++)
        {
            _world.StartOver();
            _world.Label("a", Noon, Noon + 1000, isFraud: true);
            _world.Label("b", Noon, Noon + 1000, isFraud: false);
            _world.Watch.Count();
            _world.Decide(("a", Noon, 60), ("b", Noon, 60));
        }

        var report = _world.Watch.Report();
        Assert.Equal(new QualityCounts(2, 1, 1, 0, 0), Assert.Single(report.Days).Figures.Stopped);
        Assert.Equal((2, 2, 0, 0), (report.Labels.NotHeld, report.Labels.JoinedLater, report.Labels.Repeated, report.Labels.Waiting));
    }

    [Fact]
    public void A_process_goes_on_with_what_the_one_before_wrote()
    {
        _world.Decide(("a", Noon, 60), ("b", Noon, 60));
        _world.Label("a", Noon, Noon + 1000, isFraud: true);
        _world.Watch.Save(Store, File);
        using var next = new QualityWorld();
        Assert.Null(next.Watch.Restore(Store, File, hasEnded: true));
        Assert.Equal(_world.Watch.Report().Days[0].Figures.All, next.Watch.Report().Days[0].Figures.All);
        Assert.Equal(_world.Watch.Report().Since.ToUnixTimeMilliseconds(), next.Watch.Report().Since.ToUnixTimeMilliseconds());
        // The label is folded again, and does not count again.
        next.Label("a", Noon, Noon + 1000, isFraud: true);
        next.Label("b", Noon, Noon + 2000, isFraud: false);
        var report = next.Watch.Report();
        Assert.Equal((2, 0, 0), (report.Labels.Joined, report.Labels.Repeated, report.Labels.Missed));
        Assert.Equal(new QualityCounts(2, 1, 1, 0, 0), report.Days[0].Figures.All);
        Assert.False(report.Days[0].HasGap);
    }

    [Fact]
    public void After_a_crash_the_days_say_that_decisions_may_be_missing_and_labels_that_were_passed_over_are_counted()
    {
        _world.Decide(("a", Noon, 60));
        _world.Label("a", Noon, Noon + 1000, isFraud: true);
        _world.Watch.Save(Store, File);
        _world.Decide(("lost", Noon + QualityWorld.DayMs, 60));
        using var next = new QualityWorld();
        Assert.Null(next.Watch.Restore(Store, File, hasEnded: false));
        Assert.Equal([true], next.Watch.Report().Days.Select(day => day.HasGap));
        // What was written is not decided again.
        next.Lose(next.Run(("a", Noon, 60)));
        next.Lose(next.Run(("lost", Noon + QualityWorld.DayMs, 60)));
        next.Decide(("c", Noon + (2 * QualityWorld.DayMs), 60));
        next.Decide(("d", Noon + (3 * QualityWorld.DayMs), 60));
        next.PassOver(labels: 4);
        next.Label("c", Noon + (2 * QualityWorld.DayMs), Noon + (2 * QualityWorld.DayMs) + 1000, isFraud: true);
        var report = next.Watch.Report();
        Assert.Equal([false, true, true, true], report.Days.Select(day => day.HasGap));
        Assert.Equal(3, report.Labels.Missed);
    }

    [Fact]
    public void A_file_that_is_damaged_or_of_another_deployment_is_refused()
    {
        _world.Decide(("a", Noon, 60));
        _world.Watch.Save(Store, File);
        using (var other = new QualityWatch(new EngineMeter(), new QualityOptions(), "us scoring", _world.Clock, NullLogger.Instance))
        {
            Assert.StartsWith("it is of another region", other.Restore(Store, File, hasEnded: true), StringComparison.Ordinal);
        }

        var path = Assert.Single(Directory.GetFiles(_folder));
        var whole = System.IO.File.ReadAllBytes(path);
        for (var i = 0; i < whole.Length; i += Math.Max(1, whole.Length / 300))
        {
            var torn = whole.ToArray();
            torn[i] ^= 0x10;
            foreach (var bytes in new[] { torn, whole[..i] })
            {
                Assert.Equal("the file is damaged", Assert.Throws<IOException>(() => QualityFile.Read(new MemoryStream(bytes), QualityWorld.Scope, new QualityOptions())).Message);
            }
        }

        System.IO.File.WriteAllBytes(path, whole[..^1]);
        using var next = new QualityWorld();
        Assert.Equal("the file is damaged", next.Watch.Restore(Store, File, hasEnded: true));
        Assert.Empty(next.Watch.Report().Days);
        Assert.NotNull(_world.Watch.Restore(Store, "none", hasEnded: true));
    }

    [Fact]
    public void Days_that_are_complete_are_told_together_as_metrics_and_what_is_gone_has_no_series()
    {
        string Series(string flagged, string known) => $"scoring_quality_payments{{model=\"{QualityWorld.Model}\",role=\"champion\",flagged=\"{flagged}\",known=\"{known}\"}}";
        for (var i = 0; i < 50; i++)
        {
            _world.Decide(($"a{i}", Noon, i % 2 == 0 ? 60 : 10));
            _world.Label($"a{i}", Noon, Noon + 1000, isFraud: i % 5 == 0);
        }

        _world.Watch.Tell();
        Assert.Null(_world.Readings.Double(Series("true", "fraud")));
        _world.Decide(("b", Noon + (2 * QualityWorld.DayMs), 10));
        _world.Watch.Tell();
        Assert.Equal((5, 20, 5, 20), (_world.Readings.Double(Series("true", "fraud")), _world.Readings.Double(Series("true", "genuine")), _world.Readings.Double(Series("false", "fraud")), _world.Readings.Double(Series("false", "genuine"))));
        Assert.Equal(25 * 0.6, _world.Readings.Double($"scoring_quality_expected_frauds{{model=\"{QualityWorld.Model}\",role=\"champion\"}}")!.Value, 2);
        Assert.Equal((1, 1, 51), (_world.Readings.Double("scoring_quality_days{complete=\"true\"}"), _world.Readings.Double("scoring_quality_days{complete=\"false\"}"), _world.Readings["scoring_quality_held_payments"]));
        Assert.Equal(50, _world.Readings.Double("scoring_quality_labels{outcome=\"joined\"}"));
        // All days of before leave.
        _world.Decide(("c", Noon + (100 * QualityWorld.DayMs), 10));
        _world.Watch.Tell();
        Assert.Null(_world.Readings.Double(Series("true", "fraud")));
    }

    [Fact]
    public void What_finds_no_room_on_its_way_is_dropped_and_counted()
    {
        const int more = 8;
        foreach (var batch in Enumerable.Range(0, QualityWatch.MessagesMax + more).Chunk(8))
        {
            _world.Decide([.. batch.Select(i => ($"p{i}", Noon, 10))]);
        }

        Assert.Equal((QualityWatch.MessagesMax, more), (_world.Watch.Report().Held.Payments, _world.Watch.Report().Held.Dropped));
        _world.Watch.Tell();
        _world.Watch.Tell();
        Assert.Equal(more, _world.Readings["scoring_quality_dropped_total"]);
    }

    [Fact]
    public void Taking_decisions_and_labels_allocates_nothing()
    {
        var (logs, outcomes) = (TestBatch.Logs, _world.Outcomes);
        var (payments, label) = (_world.Run(("a", Noon, 10), ("b", Noon, 60), ("c", Noon, 97)), TestBatch.Decode(new IngestLimits(), TestBatch.Labels, SampleLabel()));
        Assert.Equal(0, AllocationMeter.LeastBytes(() =>
        {
            for (var i = 0; i < 10; i++)
            {
                _world.Watch.Acknowledged(payments, logs, outcomes);
                _world.Watch.Enriched(label, logs);
            }
        }));
        Assert.Equal((3, 1), (_world.Watch.Report().Held.Payments, _world.Watch.Report().Labels.Joined));
        _world.Lose(payments);
    }

    private static byte[] SampleLabel() => System.Text.Encoding.UTF8.GetBytes($"{{\"payment_id\":\"a\",\"event_time\":{Noon},\"known_at\":{TestBatch.LogTimestampMs},\"fraud\":true,\"card_id\":\"c\"}}");

    private QualityFigures Figures() => Assert.Single(_world.Watch.Report().Days).Figures;
}
