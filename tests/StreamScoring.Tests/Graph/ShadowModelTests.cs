using System.Collections.Concurrent;
using System.Text;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Logs;
using StreamScoring.Scoring;
using StreamScoring.Signals;
using StreamScoring.Tests.Telemetry;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Graph;

public sealed class ShadowModelTests
{
    /// <summary>Seconds of a call that a lane makes itself.</summary>
    private const double Quick = 1e-6;

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
    [InlineData(true, null)]
    [InlineData(false, null)]
    [InlineData(true, Quick)]
    [InlineData(false, Quick)]
    public async Task A_shadow_that_fails_is_left_out_and_the_champion_decides(bool failsAtOnce, double? managedSeconds)
    {
        var sink = new MemoryDecisionSink();
        // Without a calibration it fails once it has scored.
        var broken = failsAtOnce ? new FakeModel(() => throw new InvalidOperationException("broken"), Identity, managedSeconds: managedSeconds) : new FakeModel(managedSeconds: managedSeconds);
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
    public async Task Answers_that_come_late_are_none_of_the_decisions_and_are_compared_and_given_away()
    {
        using var gate = new ManualResetEventSlim();
        var (sink, late) = (new MemoryDecisionSink(), new LateAnswers());
        using (var graph = new GraphHarness(sink, shadowWaitMax: TimeSpan.FromMilliseconds(1), late: late, shadows: [new FakeModel(gate.Wait, Opposite)]))
        {
            graph.AppendPayments(40);
            await graph.FinishAsync();
            var decisions = GraphHarness.DecisionsOf(sink).ToList();
            Assert.Equal(40, decisions.Count(decision => decision.Probability is not null && decision.Shadow.Count == 0));
            Assert.Equal(0, graph.CountOf("scoring_shadow_payments_total{model=\"shadow-0\",outcome=\"late\"}"));
            gate.Set();
            await GraphHarness.UntilAsync(() => graph.CountOf("scoring_shadow_payments_total{model=\"shadow-0\",outcome=\"late\"}") == 40);
            Assert.Equal(
                decisions.ToDictionary(decision => (decision.Source.Offset, TestBatch.Logs.IndexOf(new LogId(decision.Source.Region, decision.Source.Topic, decision.Source.Partition))), decision => (decision.PaymentId, 1 - decision.Probability!.Value)),
                late.Answers.ToDictionary(answer => (answer.Offset, answer.LogIndex), answer => (answer.PaymentId, answer.Probability)));
            Assert.All(late.Answers, answer => Assert.Equal("shadow-0", answer.Model));
            // Of 0..0.39 the champion allows all, and the other would challenge, review or block.
            Assert.Equal(11, graph.CountOf("scoring_shadow_actions_total{model=\"shadow-0\",champion=\"allow\",shadow=\"block\"}"));
            Assert.Equal(0, graph.CountOf("scoring_shadow_actions_total{model=\"shadow-0\",champion=\"allow\",shadow=\"allow\"}"));
            Assert.Equal(10, graph.CountOf("scoring_model_scores_total{model=\"shadow-0\",role=\"shadow\",from=\"80\"}"));
        }
    }

    [Fact]
    public async Task What_waits_for_a_busy_process_is_scored_once_it_has_cpu_again_and_at_the_end()
    {
        var (busy, sink, late) = (true, new MemoryDecisionSink(), new LateAnswers());
        using (var graph = new GraphHarness(sink, shadowWaitMax: TimeSpan.Zero, late: late, isBusy: () => Volatile.Read(ref busy), shadows: [new FakeModel(calibration: Identity)]))
        {
            graph.AppendPayments(40);
            await GraphHarness.UntilAsync(() => GraphHarness.DecisionsOf(sink).Count() == 40);
            Assert.Empty(late.Answers);
            Volatile.Write(ref busy, false);
            await GraphHarness.UntilAsync(() => late.Answers.Count == 40);
            Volatile.Write(ref busy, true);
            graph.AppendPayments(40, 8);
            await graph.FinishAsync();
            Assert.Equal(40, late.Answers.Count);
        }

        Assert.Equal(48, late.Answers.Count);
    }

    [Fact]
    public async Task More_than_may_wait_is_skipped_and_counted()
    {
        using var gate = new ManualResetEventSlim();
        var (clock, meter) = (new ManualClock(), new EngineMeter());
        using var readings = new MeterReadings(meter);
        var worker = new ShadowWorker(
            new ShadowModel("shadow", new FakeModel(gate.Wait, Identity), [0]), 0, batchRowsMax: 4, clock, new ShadowMeters(meter, ["shadow"], new RiskThresholds()), failures: null, late: null, isBusy: null);
        var batch = BatchOf(4);
        const int Fit = 32_768 / 4;
        for (var i = 0; i < Fit + 3; i++)
        {
            Assert.Equal(i >= Fit, worker.Begin(batch, batch.DecideRows) is null);
        }

        Assert.Equal(12, readings["scoring_shadow_payments_total{model=\"shadow\",outcome=\"busy\"}"]);
        gate.Set();
        // There is room again.
        await GraphHarness.UntilAsync(() => worker.Begin(batch, batch.DecideRows) is not null);
        worker.Dispose();
        meter.Dispose();
    }

    [Theory]
    [InlineData(Quick, false, true)]
    [InlineData(1.0, false, false)]
    [InlineData(Quick, true, false)]
    [InlineData(null, false, false)]
    [InlineData(0.0, false, false)]
    public void One_that_is_quick_and_comes_back_is_scored_by_the_lane_unless_the_process_is_busy(double? managedSeconds, bool isBusy, bool isHere)
    {
        var threads = new ConcurrentBag<int>();
        var model = new FakeModel(() => threads.Add(Environment.CurrentManagedThreadId), Identity, managedSeconds: managedSeconds);
        // At its end the worker goes on with what waits, busy or not.
        using (var worker = new ShadowWorker(new ShadowModel("shadow", model, [0]), 0, batchRowsMax: 4, TimeProvider.System, meters: null, failures: null, late: null, isBusy: () => isBusy))
        using (var lanes = new ShadowLanes([worker], TimeSpan.Zero, rowsMax: 4))
        {
            var batch = BatchOf(3);
            (batch.Features.Column(0)[0], batch.Features.Column(0)[1], batch.Features.Column(0)[2]) = (10, 20, 30);
            lanes.Begin(batch, waits: true);
            lanes.End(batch, waits: true);
            if (isHere)
            {
                Assert.Equal([0.1, 0.2, 0.3], batch.Shadows.Column(0)[..3]);
            }
        }

        Assert.Equal(isHere, Environment.CurrentManagedThreadId == Assert.Single(threads));
        Assert.Equal(0, model.OpenLanes);
    }

    [Fact]
    public void Only_as_many_quick_ones_are_scored_by_the_lane_as_are_quick_together()
    {
        var threads = new ConcurrentBag<int>();
        var workers = Enumerable.Range(0, 4).Select(i =>
        {
            var model = new FakeModel(() => threads.Add(Environment.CurrentManagedThreadId), Identity, managedSeconds: 100e-6);
            return new ShadowWorker(new ShadowModel($"shadow-{i}", model, [0]), i, batchRowsMax: 1, TimeProvider.System, meters: null, failures: null, late: null, isBusy: null);
        }).ToList();
        using (var lanes = new ShadowLanes(workers, TimeSpan.Zero, rowsMax: 1))
        {
            var batch = BatchOf(1, shadows: 4);
            lanes.Begin(batch, waits: true);
            lanes.End(batch, waits: true);
        }

        // At its end each goes on with what waits.
        workers.ForEach(worker => worker.Dispose());
        Assert.Equal((4, 2), (threads.Count, threads.Count(thread => thread == Environment.CurrentManagedThreadId)));
    }

    [Fact]
    public void A_quick_one_that_fails_is_left_alone_for_a_second()
    {
        var (clock, calls) = (new ManualClock(), 0);
        var model = new FakeModel(() => throw new InvalidOperationException($"call {calls++}"), Identity, managedSeconds: Quick);
        using var worker = New(model, clock);
        using var lanes = new ShadowLanes([worker], TimeSpan.Zero, rowsMax: 4);
        var batch = BatchOf(1);
        Score();
        Score();
        Assert.Equal((1, double.NaN), (calls, batch.Shadows.Column(0)[0]));
        clock.Advance(TimeSpan.FromSeconds(1));
        Score();
        Assert.Equal(2, calls);

        void Score()
        {
            batch.Shadows.Column(0)[0] = 0.5;
            lanes.Begin(batch, waits: true);
            lanes.End(batch, waits: true);
        }
    }

    [Fact]
    public void A_quick_one_allocates_nothing()
    {
        using var worker = New(new FakeModel(calibration: Identity, managedSeconds: Quick), TimeProvider.System);
        using var lanes = new ShadowLanes([worker], TimeSpan.Zero, rowsMax: 4);
        var batch = BatchOf(4);
        Assert.Equal(0, AllocationMeter.LeastBytes(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                lanes.Begin(batch, waits: true);
                lanes.End(batch, waits: true);
            }
        }));
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
        using var worker = New(model, clock);
        Assert.Equal(ShadowOutcome.Failed, Ask(worker));
        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 32, 60, 60])
        {
            clock.Advance(TimeSpan.FromSeconds(seconds - 0.001));
            Assert.Equal(ShadowOutcome.Resting, Ask(worker));
            clock.Advance(TimeSpan.FromSeconds(0.001));
            Assert.Equal(ShadowOutcome.Failed, Ask(worker));
        }

        clock.Advance(TimeSpan.FromSeconds(60));
        fails = false;
        Assert.Equal(ShadowOutcome.Scored, Ask(worker));
        Assert.Equal(ShadowOutcome.Scored, Ask(worker));
    }

    [Fact]
    public void It_reads_a_copy_and_allocates_nothing_for_the_champions_thread()
    {
        using var worker = New(new FakeModel(calibration: Identity), TimeProvider.System);
        var batch = BatchOf(4);
        int[] rows = [1, 3];
        for (var i = 0; i < 100; i++)
        {
            (batch.Features.Column(0)[1], batch.Features.Column(0)[3]) = (i % 100, 50);
            var job = worker.Begin(batch, rows);
            // The batch is another's by now.
            batch.Features.Column(0).Fill(99);
            worker.End(job, Soon(), batch, rows);
            Assert.Equal((i % 100 / 100.0, 0.5), (batch.Shadows.Column(0)[1], batch.Shadows.Column(0)[3]));
        }

        Assert.Equal(0, AllocationMeter.LeastBytes(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                worker.End(worker.Begin(batch, rows), Soon(), batch, rows);
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
        var copy = new CopiedInputs([new ModelInput("text", IsText: true), new ModelInput("number", IsText: false)], [1, 0]);
        copy.Take(from, [2, 0]);
        bytes.AsSpan().Clear();
        (texts.Length[0], texts.Length[2]) = (0, 0);
        Assert.Equal(["three", "one"], copy.Rows.ToArray().Select(row => Encoding.UTF8.GetString(copy.Features.TextOf(0)!.Value(copy.Features.TextBytes, row))));
        Assert.Equal(7, copy.Features.Column(1)[0]);
    }

    private static ShadowWorker New(FakeModel model, TimeProvider clock) => new(new ShadowModel("shadow", model, [0]), 0, batchRowsMax: 4, clock, meters: null, failures: null, late: null, isBusy: null);

    /// <summary>Rows to decide, all the same.</summary>
    private static PaymentBatch BatchOf(int rows, int shadows = 1)
    {
        var batch = new PaymentBatch(new BatchLayout(new HashSet<TextField>(), [], 1), rows, 64);
        batch.MakeRoom(shadows, 0);
        for (var i = 0; i < rows; i++)
        {
            batch.DecideRows[i] = i;
        }

        batch.DecideCount = rows;
        return batch;
    }

    private static ShadowOutcome Ask(ShadowWorker worker)
    {
        var batch = BatchOf(1);
        if (worker.Begin(batch, batch.DecideRows) is not { } job)
        {
            return ShadowOutcome.Resting;
        }

        worker.End(job, Soon(), batch, batch.DecideRows);
        return double.IsNaN(batch.Shadows.Column(0)[0]) ? ShadowOutcome.Failed : ShadowOutcome.Scored;
    }

    private static long Soon() => System.Diagnostics.Stopwatch.GetTimestamp() + (30 * System.Diagnostics.Stopwatch.Frequency);

    private sealed class LateAnswers : ILateAnswers
    {
        public ConcurrentQueue<(string Model, int LogIndex, long Offset, string PaymentId, double Probability)> Answers { get; } = new();

        public void Add(string model, int logIndex, long offset, ReadOnlySpan<byte> paymentId, double probability) =>
            Answers.Enqueue((model, logIndex, offset, Encoding.UTF8.GetString(paymentId), probability));
    }
}
