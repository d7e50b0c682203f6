using StreamScoring.Emit;
using StreamScoring.Scoring;
using StreamScoring.Telemetry;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Graph;

/// <summary>
/// What becomes of payments, and of the graph, where a model fails, hangs, or shows a bug of ours.
/// </summary>
public sealed class FailingModelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly ScoreCalibration Identity = new(OutputKind.Probability, []);

    [Fact]
    public async Task A_broken_invariant_in_a_lane_ends_the_graph_and_passes_for_no_failure_of_the_model()
    {
        using var graph = new GraphHarness(new MemoryDecisionSink(), new FakeModel(() => Invariant.Require(false, "1 == 2"), Identity));
        graph.AppendPayments(3);
        var failed = await Assert.ThrowsAsync<StageFailedException>(() => graph.Done.WaitAsync(Patience));
        Assert.IsType<InvariantBrokenException>(failed.InnerException);
        Assert.Empty(graph.Notices);
        Assert.Equal(0, graph.Progress.Decided);
    }

    [Fact]
    public async Task A_broken_invariant_in_a_shadow_ends_the_graph_too()
    {
        using var graph = new GraphHarness(new MemoryDecisionSink(), shadows: [new FakeModel(() => Invariant.Require(false, "1 == 2"), Identity)]);
        graph.AppendPayments(3);
        var failed = await Assert.ThrowsAsync<StageFailedException>(() => graph.Done.WaitAsync(Patience));
        Assert.IsType<InvariantBrokenException>(failed.InnerException);
    }

    [Fact]
    public async Task The_cause_of_failures_is_said_once_and_each_is_counted()
    {
        var sink = new MemoryDecisionSink();
        var model = new FakeModel(() => throw new ModelFailedException("models/m.onnx", ModelFailureKind.Failed, "no such category 4111111111111111"), Identity);
        using var graph = new GraphHarness(sink, model, shadows: [new FakeModel(() => throw new InvalidOperationException("broken"), Identity)]);
        graph.AppendPayments(40);
        await graph.FinishAsync();
        Assert.Equal(40, GraphHarness.DecisionsOf(sink).Count(decision => decision.Probability is null));
        var notices = graph.Notices.Order().ToList();
        Assert.Equal(2, notices.Count);
        Assert.StartsWith("model fake@000000000000: it failed on some payment", notices[0], StringComparison.Ordinal);
        Assert.Contains("models/m.onnx: no such category ****************.", notices[0], StringComparison.Ordinal);
        Assert.StartsWith("model shadow-0: it failed", notices[1], StringComparison.Ordinal);
        Assert.Contains("broken", notices[1], StringComparison.Ordinal);
        // Each row by itself, and the calls of several rows before.
        Assert.InRange(graph.CountOf("scoring_model_failures_total{model=\"fake@000000000000\",kind=\"failed\"}"), 40, 80);
        Assert.True(graph.CountOf("scoring_model_failures_total{model=\"shadow-0\",kind=\"failed\"}") > 0);
    }

    [Fact]
    public async Task An_output_that_is_no_probability_is_decided_as_unscored_and_said()
    {
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink);
        graph.Append(TestBatch.Payments, TestBatch.LogTimestampMs, GraphHarness.Payment(1).Replace("\"amount_minor\":100", "\"amount_minor\":25000", StringComparison.Ordinal));
        graph.Source.Wake();
        await graph.FinishAsync();
        Assert.Null(Assert.Single(GraphHarness.DecisionsOf(sink)).Probability);
        Assert.Contains("2.5", Assert.Single(graph.Notices), StringComparison.Ordinal);
        Assert.Equal(1, graph.CountOf("scoring_model_failures_total{model=\"fake@000000000000\",kind=\"no_probability\"}"));
    }

    [Fact]
    public async Task A_lane_that_is_in_a_call_when_the_graph_fails_is_stopped_and_waited_for_before_it_is_freed()
    {
        using var isStopped = new ManualResetEventSlim();
        using var isHeld = new ManualResetEventSlim();
        var sink = new ManualSink();
        var model = new FakeModel(() =>
        {
            if (sink.Count > 0)
            {
                isHeld.Set();
                Assert.True(isStopped.Wait(Patience));
            }
        }, Identity, isStopped.Set);
        using (var graph = new GraphHarness(sink, model, lanes: 2))
        {
            graph.AppendPayments(GraphHarness.BatchRows);
            await GraphHarness.UntilAsync(() => sink.Count == 1);
            graph.AppendPayments(100);
            Assert.True(isHeld.Wait(Patience));
            sink.Refuse(0);
            await Assert.ThrowsAsync<DeliveryFailedException>(() => graph.Done.WaitAsync(Patience));
            Assert.False(isStopped.IsSet);
        }

        Assert.Equal((0, 0), (model.FreedInCall, model.OpenLanes));
    }

    [Fact]
    public async Task A_drain_ends_though_a_model_loops_and_what_was_taken_is_decided()
    {
        using var isStopped = new ManualResetEventSlim();
        var sink = new MemoryDecisionSink();
        var model = new FakeModel(
            () =>
            {
                isStopped.Wait();
                throw new ModelFailedException("models/m.onnx", ModelFailureKind.Stopped, "ended");
            },
            Identity, isStopped.Set);
        using var graph = new GraphHarness(sink, model, lanes: 2);
        graph.AppendPayments(100);
        await GraphHarness.UntilAsync(() => graph.Progress.Taken > 0);
        graph.Stop();
        graph.Lanes.StopAfter(TimeSpan.FromMilliseconds(1));
        await graph.Done.WaitAsync(Patience);
        Assert.Equal(graph.Progress.Taken, graph.Progress.Decided);
        Assert.All(GraphHarness.DecisionsOf(sink), decision => Assert.Null(decision.Probability));
        Assert.Equal(0, graph.Pool.Rented);
    }
}
