using StreamScoring.Batches;
using StreamScoring.Scoring;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Graph;

public sealed class ShadowModelTests
{
    private static readonly ScoreCalibration Identity = new(OutputKind.Probability, []), Opposite = new(OutputKind.Probability, [(0, 1), (1, 0)]);

    [Fact]
    public async Task Decisions_have_what_every_shadow_made_of_the_payment_and_are_the_champions()
    {
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink, lanes: 2, shadows: [new FakeModel(calibration: Identity), new FakeModel(calibration: Opposite)]);
        graph.AppendPayments(200);
        await graph.FinishAsync();
        var decisions = GraphHarness.DecisionsOf(sink).ToList();
        Assert.Equal(200, decisions.Count);
        for (var i = 0; i < decisions.Count; i++)
        {
            var probability = i % 100 / 100.0;
            Assert.Equal(probability, decisions[i].Probability!.Value, 12);
            Assert.Equal(["shadow-0", "shadow-1"], decisions[i].Shadow.Select(shadow => shadow.Model));
            Assert.Equal(probability, decisions[i].Shadow[0].Probability, 12);
            Assert.Equal(1 - probability, decisions[i].Shadow[1].Probability, 12);
        }

        Assert.Equal(200, graph.CountOf("scoring_shadow_payments_total{model=\"shadow-1\",outcome=\"scored\"}"));
        // From 50 on a payment is challenged: of 0..9 the first shadow allows all, and the other
        // one would block all.
        Assert.Equal(100, graph.CountOf("scoring_shadow_actions_total{model=\"shadow-0\",champion=\"allow\",shadow=\"allow\"}"));
        Assert.Equal(22, graph.CountOf("scoring_shadow_actions_total{model=\"shadow-1\",champion=\"allow\",shadow=\"block\"}"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_shadow_that_fails_is_left_out_and_the_champion_decides(bool failsAtOnce)
    {
        var sink = new MemoryDecisionSink();
        // Without a calibration it fails once it has scored.
        var broken = failsAtOnce ? new FakeModel(() => throw new InvalidOperationException("broken"), Identity) : new FakeModel();
        using var graph = new GraphHarness(sink, shadows: [broken, new FakeModel(calibration: Identity)]);
        graph.AppendPayments(40);
        await graph.FinishAsync();
        var decisions = GraphHarness.DecisionsOf(sink).ToList();
        Assert.Equal(40, decisions.Count);
        Assert.All(decisions, decision => Assert.Equal("shadow-1", Assert.Single(decision.Shadow).Model));
        Assert.DoesNotContain(decisions, decision => decision.Probability is null);
        Assert.True(graph.CountOf("scoring_shadow_payments_total{model=\"shadow-0\",outcome=\"failed\"}") > 0);
        Assert.Equal(0, graph.CountOf("scoring_shadow_payments_total{model=\"shadow-0\",outcome=\"scored\"}"));
    }

    [Fact]
    public async Task A_shadow_that_never_answers_is_waited_for_once()
    {
        using var never = new ManualResetEventSlim();
        var sink = new MemoryDecisionSink();
        using (var graph = new GraphHarness(sink, shadowWaitMax: TimeSpan.FromMilliseconds(1), shadows: [new FakeModel(never.Wait, Identity)]))
        {
            graph.AppendPayments(40);
            await graph.FinishAsync();
            Assert.Equal(40, GraphHarness.DecisionsOf(sink).Count(decision => decision.Probability is not null && decision.Shadow.Count == 0));
            var slow = graph.CountOf("scoring_shadow_payments_total{model=\"shadow-0\",outcome=\"slow\"}");
            Assert.InRange(slow, 1, GraphHarness.BatchRows);
            Assert.Equal(40 - slow, graph.CountOf("scoring_shadow_payments_total{model=\"shadow-0\",outcome=\"busy\"}"));
            never.Set();
        }
    }

    [Fact]
    public void One_that_failed_rests_twice_as_long_each_time_and_not_after_it_answered()
    {
        var (clock, fails) = (new ManualClock(), true);
        var model = new FakeModel(() =>
        {
            if (fails)
            {
                throw new InvalidOperationException("broken");
            }
        }, Identity);
        using var lane = new ShadowLane(new ShadowModel("shadow", model, [0]), rowsMax: 4, clock);
        Assert.Equal(ShadowOutcome.Failed, Ask(lane));
        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 32, 60, 60])
        {
            clock.Advance(TimeSpan.FromSeconds(seconds - 0.001));
            Assert.Equal(ShadowOutcome.Resting, Ask(lane));
            clock.Advance(TimeSpan.FromSeconds(0.001));
            Assert.Equal(ShadowOutcome.Failed, Ask(lane));
        }

        clock.Advance(TimeSpan.FromSeconds(60));
        fails = false;
        Assert.Equal(ShadowOutcome.Scored, Ask(lane));
        Assert.Equal(ShadowOutcome.Scored, Ask(lane));
    }

    [Fact]
    public void It_reads_a_copy_and_allocates_nothing_for_the_champions_thread()
    {
        var model = new FakeModel(calibration: Identity);
        using var lane = new ShadowLane(new ShadowModel("shadow", model, [1]), rowsMax: 4, TimeProvider.System);
        var features = new FeatureMatrix(2, 4);
        var probabilities = new double[4];
        int[] rows = [1, 3];
        for (var i = 0; i < 100; i++)
        {
            (features.Column(1)[1], features.Column(1)[3]) = (i % 100, 50);
            Assert.Equal(ShadowOutcome.Scored, lane.Begin(features, rows));
            // The batch is another's by now.
            features.Column(1).Fill(99);
            Assert.Equal(ShadowOutcome.Scored, lane.End(Soon(), rows, probabilities));
            Assert.Equal((i % 100 / 100.0, 0.5), (probabilities[1], probabilities[3]));
        }

        Assert.Equal(0, AllocationMeter.LeastBytes(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                lane.Begin(features, rows);
                lane.End(Soon(), rows, probabilities);
            }
        }));
    }

    [Fact]
    public void Texts_are_copied_too()
    {
        var bytes = "onetwothree"u8.ToArray();
        var texts = new TextColumn(3);
        (texts.Start[0], texts.Length[0], texts.Start[1], texts.Length[1], texts.Start[2], texts.Length[2]) = (0, 3, 3, 3, 6, 5);
        var from = new FeatureMatrix(2, 3);
        from.SetText(1, texts, bytes);
        from.Column(0)[2] = 7;
        var copy = new CopiedInputs([new ModelInput("text", IsText: true), new ModelInput("number", IsText: false)], [1, 0], rowsMax: 3);
        copy.Take(from, [2, 0]);
        bytes.AsSpan().Clear();
        (texts.Length[0], texts.Length[2]) = (0, 0);
        Assert.Equal(["three", "one"], copy.Rows.ToArray().Select(row => System.Text.Encoding.UTF8.GetString(copy.Features.TextOf(0)!.Value(copy.Features.TextBytes, row))));
        Assert.Equal(7, copy.Features.Column(1)[0]);
    }

    private static ShadowOutcome Ask(ShadowLane lane)
    {
        var features = new FeatureMatrix(1, 4);
        int[] rows = [0];
        var probabilities = new double[4];
        var outcome = lane.Begin(features, rows);
        if (outcome == ShadowOutcome.Scored)
        {
            outcome = lane.End(Soon(), rows, probabilities);
            Assert.Equal(outcome != ShadowOutcome.Scored, double.IsNaN(probabilities[0]));
        }

        return outcome;
    }

    private static long Soon() => System.Diagnostics.Stopwatch.GetTimestamp() + (30 * System.Diagnostics.Stopwatch.Frequency);
}
