using System.Text.Json;
using StreamScoring.Emit;
using StreamScoring.Scoring;
using StreamScoring.Telemetry;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Graph;

public sealed class ScoringGraphTests
{
    private static readonly ScoreCalibration Identity = new(OutputKind.Probability, []);

    [Fact]
    public async Task Order_is_kept_on_several_lanes_though_a_later_batch_is_scored_first()
    {
        using var laterIsDone = new ManualResetEventSlim();
        var calls = 0;
        var model = new FakeModel(() =>
        {
            // The first batch is scored only when another has been: with one lane this would never
            // come.
            if (Interlocked.Increment(ref calls) == 1)
            {
                Assert.True(laterIsDone.Wait(TimeSpan.FromSeconds(30)));
            }
            else
            {
                laterIsDone.Set();
            }
        }, Identity);
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink, model, lanes: 3);
        graph.AppendPayments(200);
        await graph.FinishAsync();
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"p-{i}"), GraphHarness.PaymentsOf(sink));
        Assert.Equal([0, 100, 100], graph.Source.Committed);
        Assert.Equal(0, graph.Pool.Rented);
    }

    [Fact]
    public async Task A_stalled_sink_stops_the_source_after_a_bounded_number_of_batches_and_nothing_is_lost()
    {
        var sink = new MemoryDecisionSink();
        sink.Stall();
        using var graph = new GraphHarness(sink, lanes: 2);
        graph.AppendPayments(2000);
        await GraphHarness.UntilAsync(() => sink.Records.Count == 3 * GraphHarness.BatchRows);

        // What is behind the sink fills up until no batch is free; there are more payments than
        // fit.
        await GraphHarness.UntilAsync(() => graph.Progress.Taken >= graph.BatchesMax * GraphHarness.BatchRows);
        Assert.Equal(graph.BatchesMax * GraphHarness.BatchRows, graph.Progress.Taken);
        Assert.Equal(graph.BatchesMax, graph.Pool.Rented);
        Assert.Equal(3 * GraphHarness.BatchRows, sink.Records.Count);
        Assert.Equal([0, 0, 0], graph.Source.Committed);

        sink.Resume();
        await graph.FinishAsync();
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => $"p-{i}"), GraphHarness.PaymentsOf(sink));
        Assert.Equal([0, 1000, 1000], graph.Source.Committed);
        Assert.Equal(0, graph.Pool.Rented);
    }

    [Fact]
    public async Task A_stop_takes_no_further_record_decides_what_was_taken_and_commits_it()
    {
        var sink = new MemoryDecisionSink();
        sink.Stall();
        using var graph = new GraphHarness(sink);
        graph.AppendPayments(2000);
        await GraphHarness.UntilAsync(() => sink.Records.Count > 0);
        graph.Stop();
        Assert.False(graph.Done.IsCompleted);
        sink.Resume();
        await graph.Done.WaitAsync(TimeSpan.FromSeconds(30));
        var decided = GraphHarness.PaymentsOf(sink).ToList();
        Assert.NotEmpty(decided);
        Assert.Equal(Enumerable.Range(0, decided.Count).Select(i => $"p-{i}"), decided);
        Assert.Equal((decided.Count, decided.Count), (graph.Progress.Taken, graph.Progress.Decided));
        Assert.Equal([0, (decided.Count + 1) / 2, decided.Count / 2], graph.Source.Committed);
        Assert.Equal(0, graph.Pool.Rented);
    }

    [Fact]
    public async Task A_commit_never_passes_an_offset_that_is_not_acknowledged()
    {
        var sink = new ManualSink();
        using var graph = new GraphHarness(sink);
        graph.AppendPayments(3 * GraphHarness.BatchRows);
        await GraphHarness.UntilAsync(() => sink.Count == 3);
        sink.Acknowledge(1);
        sink.Acknowledge(2);
        // Later batches are acknowledged; a further record would be a way past, were there one.
        graph.AppendPayments(1);
        Assert.Equal([0, 0, 0], graph.Source.Committed);
        Assert.Equal(0, graph.Progress.Decided);
        sink.Acknowledge(0);
        await GraphHarness.UntilAsync(() => sink.Count == 4);
        Assert.Equal([0, 6, 6], graph.Source.Committed);
        sink.Acknowledge(3);
        await graph.FinishAsync();
        Assert.Equal([0, 7, 6], graph.Source.Committed);
        Assert.Equal(0, graph.Pool.Rented);
    }

    [Fact]
    public async Task A_refused_batch_ends_the_graph_and_nothing_from_it_on_is_committed()
    {
        var sink = new ManualSink();
        using var graph = new GraphHarness(sink);
        graph.AppendPayments(3 * GraphHarness.BatchRows);
        await GraphHarness.UntilAsync(() => sink.Count == 3);
        sink.Acknowledge(2);
        sink.Refuse(1);
        sink.Acknowledge(0);
        await Assert.ThrowsAsync<DeliveryFailedException>(() => graph.Done.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal([0, 2, 2], graph.Source.Committed);
    }

    [Fact]
    public async Task A_cancelled_write_ends_the_graph_and_is_never_counted_as_acknowledged()
    {
        var sink = new ManualSink();
        using var graph = new GraphHarness(sink);
        graph.AppendPayments(2 * GraphHarness.BatchRows);
        await GraphHarness.UntilAsync(() => sink.Count == 2);
        sink.Cancel(0);
        await Assert.ThrowsAsync<DeliveryFailedException>(() => graph.Done.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal([0, 0, 0], graph.Source.Committed);
        Assert.Equal(0, graph.Progress.Decided);
    }

    [Fact]
    public async Task A_failure_names_the_stage_and_the_positions()
    {
        using var score = new GraphHarness(new MemoryDecisionSink(), new FakeModel());
        score.AppendPayments(3);
        Assert.Equal(
            "score failed on eu/payments/0 offsets 0..1, eu/payments/1 offsets 0..0: no calibration",
            (await Assert.ThrowsAsync<StageFailedException>(() => score.Done.WaitAsync(TimeSpan.FromSeconds(30)))).Message);

        using var emit = new GraphHarness(new MemoryDecisionSink(), featureNames: ["tx_amount", "one_too_many"]);
        emit.AppendPayments(1);
        Assert.StartsWith(
            "emit failed on eu/payments/0 offsets 0..0: ",
            (await Assert.ThrowsAsync<StageFailedException>(() => emit.Done.WaitAsync(TimeSpan.FromSeconds(30)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Poison_records_become_dead_letters_and_the_rest_goes_on()
    {
        string[] poison = ["", "{", "[1]", "{\"payment_id\":\"4111111111111111\"}", "\u0000\u0001"];
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink, lanes: 2);
        for (var i = 0; i < 100; i++)
        {
            graph.Append(TestBatch.Payments, TestBatch.LogTimestampMs + i, i % 3 == 1 ? poison[i / 3 % poison.Length] : GraphHarness.Payment(i));
        }

        graph.Append(TestBatch.Labels, TestBatch.LogTimestampMs, "no label");
        await graph.FinishAsync();
        Assert.Equal(Enumerable.Range(0, 100).Where(i => i % 3 != 1).Select(i => $"p-{i}"), GraphHarness.PaymentsOf(sink));
        var letters = sink.Records.Where(record => record.IsDeadLetter).ToList();
        Assert.Equal(34, letters.Count);
        Assert.All(letters, letter =>
        {
            var source = JsonDocument.Parse(letter.Value).RootElement.GetProperty("source");
            Assert.Equal(letter.Offset, source.GetProperty("offset").GetInt64());
            Assert.Equal(letter.LogIndex == TestBatch.Labels ? "labels" : "payments", source.GetProperty("topic").GetString());
        });
        Assert.Equal((67, 34, 0), (graph.Progress.Decided, graph.Progress.DeadLettered, graph.Progress.Folded));
        Assert.Equal([1, 100, 0], graph.Source.Committed);
        Assert.Equal(0, graph.Pool.Rented);
    }

    [Fact]
    public async Task Lanes_that_are_added_while_the_graph_runs_score_side_by_side_and_order_is_kept()
    {
        using var othersAreDone = new CountdownEvent(2);
        using var isHeldUp = new ManualResetEventSlim();
        var calls = 0;
        var model = new FakeModel(() =>
        {
            // The first batch is scored only when two more have been: with one lane this would
            // never come.
            if (Interlocked.Increment(ref calls) == 1)
            {
                isHeldUp.Set();
                Assert.True(othersAreDone.Wait(TimeSpan.FromSeconds(30)));
            }
            else if (!othersAreDone.IsSet)
            {
                othersAreDone.Signal();
            }
        }, Identity);
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink, model);
        graph.Options.Change(graph.Options.Current with { ScoringLanes = 3 });
        graph.AppendPayments(200);
        await graph.FinishAsync();
        Assert.True(isHeldUp.IsSet);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"p-{i}"), GraphHarness.PaymentsOf(sink));
        Assert.InRange(graph.LaneCount, 2, 3);
        Assert.Equal(0, graph.Pool.Rented);
    }

    [Fact]
    public async Task Batches_in_flight_change_while_the_graph_runs_and_none_is_lost()
    {
        var sink = new ManualSink();
        using var graph = new GraphHarness(sink, batchesInFlightMax: 1);
        graph.AppendPayments(40 * GraphHarness.BatchRows);
        await GraphHarness.UntilAsync(() => sink.Count == 1);
        graph.Options.Change(graph.Options.Current with { EmitBatchesInFlightMax = 4 });
        sink.Acknowledge(0);
        await GraphHarness.UntilAsync(() => sink.Count == 5);
        graph.Options.Change(graph.Options.Current with { EmitBatchesInFlightMax = 2 });
        for (var batch = 1; batch < 40; batch++)
        {
            await GraphHarness.UntilAsync(() => sink.Count > batch);
            Assert.InRange(sink.Count - batch, 1, batch < 4 ? 4 : 2);
            sink.Acknowledge(batch);
        }

        await graph.FinishAsync();
        Assert.Equal(40 * GraphHarness.BatchRows, graph.Progress.Decided);
        Assert.Equal(0, graph.Pool.Rented);
    }

    [Fact]
    public async Task Batches_of_another_size_follow_those_that_are_on_their_way_and_every_payment_is_decided_in_order()
    {
        var sink = new MemoryDecisionSink();
        sink.Stall();
        using var graph = new GraphHarness(sink, lanes: 2);
        graph.AppendPayments(2000);
        await GraphHarness.UntilAsync(() => graph.Pool.Rented == graph.BatchesMax);
        graph.Pool.Resize(graph.BatchesMax, 64);
        sink.Resume();
        await GraphHarness.UntilAsync(() => graph.Progress.Decided > 200);
        graph.Pool.Resize(4, 3);
        graph.AppendPayments(0);
        await graph.FinishAsync();
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => $"p-{i}"), GraphHarness.PaymentsOf(sink));
        Assert.Equal(0, graph.Pool.Rented);
    }

    [Fact]
    public async Task A_source_that_waits_for_a_silent_log_is_woken_when_the_wait_is_shortened()
    {
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink);
        graph.Options.Change(graph.Options.Current with { MergeWaitMax = TimeSpan.FromHours(1) });
        graph.Logs[TestBatch.MorePayments].EndIsKnown = false;
        graph.Append(TestBatch.Payments, TestBatch.LogTimestampMs, GraphHarness.Payment(0));
        graph.Source.Wake();
        // From here on it waits: it has seen the record, and nothing else wakes it.
        await GraphHarness.UntilAsync(() => graph.Logs[TestBatch.Payments].Seen == 1);
        graph.Options.Change(graph.Options.Current with { MergeWaitMax = TimeSpan.Zero });
        await GraphHarness.UntilAsync(() => graph.Progress.Decided == 1);
        graph.Logs[TestBatch.MorePayments].EndIsKnown = true;
        await graph.FinishAsync();
        Assert.Equal(0, graph.Pool.Rented);
    }
}
