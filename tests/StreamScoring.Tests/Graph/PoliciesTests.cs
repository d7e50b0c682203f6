using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Scoring;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Graph;

/// <summary>Policies that are swapped while a graph runs.</summary>
public sealed class PoliciesTests
{
    private static readonly ScoreCalibration Probability = new(OutputKind.Probability, []);

    [Fact]
    public async Task A_thousand_swaps_lose_nothing_and_each_decision_is_by_the_policy_that_it_names()
    {
        const int swaps = 1000, paymentsEach = 4;
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink, lanes: 3);
        var blockFrom = new Dictionary<string, int> { [graph.Policies.InForce.Id] = graph.Policies.InForce.Parts.Thresholds.BlockFrom };
        var freed = 0;
        for (var i = 0; i < swaps; i++)
        {
            var parts = graph.Policies.InForce.Parts with
            {
                // Every other one scores by other lanes too.
                Champion = i % 2 == 0 ? new FakeModel(calibration: Probability) : graph.Policies.InForce.Parts.Champion,
                Thresholds = new RiskThresholds { BlockFrom = 1 + (i % 99), ReviewFrom = 1, ChallengeFrom = 1 },
                Held = new Freed(() => Interlocked.Increment(ref freed)),
            };
            blockFrom[parts.Id] = parts.Thresholds.BlockFrom;
            graph.AppendPayments(i * paymentsEach, paymentsEach);
            graph.Policies.Swap(parts);
            var begun = (i - 5) * paymentsEach;
            await GraphHarness.UntilAsync(() => graph.Progress.Decided >= begun);
        }

        await graph.FinishAsync();
        var decisions = GraphHarness.DecisionsOf(sink).ToList();
        Assert.Equal(swaps * paymentsEach, decisions.Select(decision => decision.PaymentId).Distinct().Count());
        Assert.All(decisions, decision => Assert.Equal(decision.Score >= blockFrom[decision.Policy!], decision.Action == "block"));
        Assert.True(decisions.Select(decision => decision.Policy).Distinct().Count() > 50);
        await GraphHarness.UntilAsync(() => graph.Policies.Count == 1 && Volatile.Read(ref freed) == swaps - 1);
    }

    [Fact]
    public async Task What_decisions_are_read_by_is_published_before_the_policy_is_in_force()
    {
        using var graph = new GraphHarness(new MemoryDecisionSink());
        var before = graph.Policies.InForce;
        graph.Policies.Swap(before.Parts with { Thresholds = new RiskThresholds { BlockFrom = 77 } });
        Assert.NotEqual(before.Id, graph.Policies.InForce.Id);
        Assert.Equal([before.Id], graph.PublishedAhead.Select(published => published.InForce));
        await graph.FinishAsync();
    }

    [Fact]
    public async Task A_change_that_keeps_a_model_keeps_that_it_is_left_alone()
    {
        var (sink, calls) = (new MemoryDecisionSink(), 0);
        var hung = new FakeModel(
            () =>
            {
                Interlocked.Increment(ref calls);
                throw new ModelFailedException("model.onnx", ModelFailureKind.TimedOut, "took longer than it may");
            }, Probability, name: "hung");
        using var graph = new GraphHarness(sink, hung, change: parts => parts with { Others = [new ServedModel(ModelRole.Previous, new FakeModel(calibration: Probability), [0])] });
        graph.AppendPayments(40);
        await GraphHarness.UntilAsync(() => graph.Progress.Decided >= 40);
        var before = graph.Lanes;
        graph.Policies.Swap(graph.Policies.InForce.Parts with { Reasons = new ReasonOptions(0, 1) });
        Assert.NotSame(before, graph.Lanes);
        graph.AppendPayments(40, 40);
        await graph.FinishAsync();
        Assert.Equal(1, calls);
        Assert.Equal(80, GraphHarness.DecisionsOf(sink).Count(decision => decision.ModelName == "fake" && decision.Flags.Contains("stand_in")));
    }

    [Fact]
    public async Task Within_a_log_no_decision_goes_back_to_an_older_policy()
    {
        var sink = new MemoryDecisionSink();
        // The first batch is held up on its lane, and those behind it overtake it.
        using var hold = new ManualResetEventSlim();
        var first = 1;
        using var graph = new GraphHarness(sink, new FakeModel(() =>
        {
            if (Interlocked.Exchange(ref first, 0) == 1)
            {
                hold.Wait();
            }
        }, Probability), lanes: 3);
        graph.AppendPayments(GraphHarness.BatchRows);
        await GraphHarness.UntilAsync(() => Volatile.Read(ref first) == 0);
        var before = graph.Policies.InForce.Id;
        graph.Policies.Swap(graph.Policies.InForce.Parts with { Thresholds = new RiskThresholds { BlockFrom = 1 } });
        graph.AppendPayments(GraphHarness.BatchRows, GraphHarness.BatchRows);
        await GraphHarness.UntilAsync(() => graph.Pool.Rented >= 2);
        hold.Set();
        await graph.FinishAsync();
        var after = graph.Policies.InForce.Id;
        foreach (var log in GraphHarness.DecisionsOf(sink).GroupBy(decision => decision.Source.Partition))
        {
            Assert.Equal([before, before, after, after], log.OrderBy(decision => decision.Source.Offset).Select(decision => decision.Policy));
        }
    }

    [Fact]
    public async Task Shadow_models_and_reasons_come_and_go_while_it_runs()
    {
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink);
        var alone = graph.Policies.InForce.Parts;
        graph.AppendPayments(0, 1);
        await GraphHarness.UntilAsync(() => graph.Progress.Decided == 1);

        var shadow = new FakeModel(calibration: Probability);
        graph.Policies.Swap(alone with
        {
            Stamp = alone.Stamp with { ShadowIds = ["next"] },
            Shadows = new ShadowOptions([new ShadowModel("next", shadow, [0])], TimeSpan.FromSeconds(30)),
            Reasons = new ReasonOptions(0, 2),
        });
        graph.AppendPayments(1, 1);
        await GraphHarness.UntilAsync(() => graph.Progress.Decided == 2);

        graph.Policies.Swap(alone);
        graph.AppendPayments(2, 1);
        await graph.FinishAsync();
        var decisions = GraphHarness.DecisionsOf(sink).OrderBy(decision => decision.EventTimeMs).ToList();
        Assert.Equal([0, 1, 0], decisions.Select(decision => decision.Shadow.Count));
        Assert.Equal([0, 1, 0], decisions.Select(decision => decision.Reasons.Count));
        await GraphHarness.UntilAsync(() => shadow.OpenLanes == 0);
    }

    [Fact]
    public void Policies_that_score_alike_share_their_lanes()
    {
        var model = new FakeModel(calibration: Probability);
        using var graph = new GraphHarness(new MemoryDecisionSink(), model, lanes: 2);
        Assert.Equal(2, model.OpenLanes);
        graph.Policies.Swap(graph.Policies.InForce.Parts with { Thresholds = new RiskThresholds { BlockFrom = 3 } });
        Assert.Equal(2, model.OpenLanes);
        var other = new FakeModel(calibration: Probability);
        graph.Policies.Swap(graph.Policies.InForce.Parts with { Champion = other });
        Assert.Equal(2, other.OpenLanes);
    }

    [Fact]
    public void One_that_comes_when_the_graph_is_over_is_freed_at_once()
    {
        var freed = 0;
        using var graph = new GraphHarness(new MemoryDecisionSink());
        var before = graph.Policies.InForce;
        graph.Policies.Abandon();
        var late = new FakeModel(calibration: Probability);
        graph.Policies.Swap(before.Parts with { Champion = late, Held = new Freed(() => freed++) });
        Assert.Equal((1, 0), (freed, late.OpenLanes));
        Assert.Same(before, graph.Policies.InForce);
    }

    [Fact]
    public void The_id_is_that_of_what_can_change_a_decision()
    {
        using var graph = new GraphHarness(new MemoryDecisionSink());
        var parts = graph.Policies.InForce.Parts;
        Assert.Equal(parts.Id, (parts with { Held = new Freed(() => { }) }).Id);
        string[] ids =
        [
            parts.Id,
            (parts with { Thresholds = new RiskThresholds { BlockFrom = 91 } }).Id,
            (parts with { Thresholds = new RiskThresholds { UnscoredAction = DecisionAction.Block } }).Id,
            (parts with { Reasons = new ReasonOptions(50, 3) }).Id,
            (parts with { Stamp = parts.Stamp with { BudgetMs = 7 } }).Id,
            (parts with { Stamp = parts.Stamp with { RuleFile = parts.Stamp.FeatureFile } }).Id,
            (parts with { Shadows = new ShadowOptions([new ShadowModel("s", new FakeModel(), [0])], TimeSpan.Zero) }).Id,
        ];
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    private sealed class Freed(Action told) : IDisposable
    {
        public void Dispose() => told();
    }
}
