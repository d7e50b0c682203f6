using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Logs;
using StreamScoring.Signals;
using StreamScoring.Telemetry;

namespace StreamScoring.Tests.Telemetry;

public sealed class PipelineMetersTests
{
    [Fact]
    public void A_graph_that_starts_over_with_more_logs_goes_on_counting_in_the_same_series()
    {
        using var meter = new EngineMeter();
        using var readings = new MeterReadings(meter);
        new PipelineMeters(meter, Logs(1)).BatchDecided(Late(3));
        new PipelineMeters(meter, Logs(2)).BatchDecided(Late(4));
        Assert.Equal(7, readings["scoring_late_total"]);
        Assert.Equal(
            ["scoring_records_total{region=\"eu\",topic=\"payments\",partition=\"0\"}", "scoring_records_total{region=\"eu\",topic=\"payments\",partition=\"1\"}"],
            readings.Series.Where(series => series.StartsWith("scoring_records_total", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Waits_that_were_given_up_add_up_over_graphs_that_each_count_from_0()
    {
        using var meter = new EngineMeter();
        using var readings = new MeterReadings(meter);
        var first = new PipelineMeters(meter, Logs(1));
        first.MergeWaitsGivenUp(2);
        first.MergeWaitsGivenUp(5);
        new PipelineMeters(meter, Logs(1)).MergeWaitsGivenUp(1);
        Assert.Equal(6, readings["scoring_merge_waits_given_up_total"]);
    }

    [Fact]
    public void Engines_of_one_process_do_not_mix_their_numbers()
    {
        using var meter = new EngineMeter();
        using var other = new EngineMeter();
        using var readings = new MeterReadings(meter);
        new PipelineMeters(meter, Logs(1)).BatchDecided(Late(3));
        new PipelineMeters(other, Logs(1)).BatchDecided(Late(4));
        Assert.Equal(3, readings["scoring_late_total"]);
    }

    [Fact]
    public void What_decisions_are_flagged_with_is_counted_and_a_conflict_once()
    {
        using var meter = new EngineMeter();
        using var readings = new MeterReadings(meter);
        new PipelineMeters(meter, Logs(1)).BatchDecided(Flagged(
            VerdictFlags.None, VerdictFlags.Late | VerdictFlags.Unscored, VerdictFlags.Duplicate | VerdictFlags.ConflictingId, VerdictFlags.ConflictingId | VerdictFlags.Approximate));
        Assert.All(["late", "unscored", "duplicates", "approximate", "conflicting_ids"], name => Assert.Equal(1, readings[$"scoring_{name}_total"]));
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
