using System.Text;
using Akka;
using Akka.Configuration;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using Akka.TestKit;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Emit;
using StreamScoring.Ingest;
using StreamScoring.State;
using StreamScoring.Streams;
using StreamScoring.Telemetry;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Graph;

/// <summary>
/// What stages alone do: demand, order, completion, failure. The scheduler's time only moves when
/// told to.
/// </summary>
public sealed class StageTests : Akka.TestKit.Xunit2.TestKit
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(5);

    private readonly ManualClock _clock = new();
    private readonly MemoryLog[] _logs = [new(TestBatch.Labels), new(TestBatch.Payments), new(TestBatch.MorePayments)];
    private readonly MemoryLogSource _port;
    private readonly Engine _engine;
    private readonly LiveOptions _options = new(new PipelineOptions { ScoringLanes = 2, EmitBatchesInFlightMax = 2, MergeWaitMax = WaitMax });
    private readonly ActorMaterializer _materializer;

    /// <summary>
    /// Whether batches that are sent have rows to decide: those without need no lane.
    /// </summary>
    private bool _decides;
    private int _next;

    public StageTests()
        : base(ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\" }"))
    {
        _materializer = ActorMaterializer.Create(Sys, ActorMaterializerSettings.Create(Sys).WithInputBuffer(1, 1));
        _port = new MemoryLogSource(_logs);
        var features = FeatureFiles.Parse("features.yaml", "version: 1\nfeatures:\n  - {name: tx_amount, expression: amount}\n");
        _engine = new Engine(new EngineParts(TestBatch.Logs, features, new FoldedState(features, TestBatch.Logs, IdempotencyOptions.Default)) { Clock = _clock, BatchRowsMax = 2, BatchesMax = 4 });
    }

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    [Fact]
    public void A_source_takes_nothing_that_is_not_asked_for_and_then_a_batch_at_a_time()
    {
        Append(0, 5);
        var sink = Source.FromGraph(SourceStage()).RunWith(this.SinkProbe<PaymentBatch>(), _materializer);
        sink.EnsureSubscription();
        Assert.Equal(0, _engine.Progress.Taken);
        sink.Request(1);
        var first = sink.ExpectNext();
        Assert.Equal((2, 2, 1), (first.RowCount, _engine.Progress.Taken, _engine.Pool.Rented));
        sink.Request(2);
        Assert.Equal([2, 1], [sink.ExpectNext().RowCount, sink.ExpectNext().RowCount]);
        sink.Request(1);
        _port.Complete();
        sink.ExpectComplete();
        Assert.Equal(3, _engine.Pool.Rented);
    }

    [Fact]
    public void A_source_that_has_no_batch_left_goes_on_once_one_comes_back()
    {
        Append(0, 10);
        var sink = Source.FromGraph(SourceStage()).RunWith(this.SinkProbe<PaymentBatch>(), _materializer);
        sink.Request(5);
        var taken = Enumerable.Range(0, 4).Select(_ => sink.ExpectNext()).ToList();
        Assert.Equal(8, _engine.Progress.Taken);
        _engine.Pool.Return(taken[0]);
        Assert.Equal(2, sink.ExpectNext().RowCount);
    }

    [Fact]
    public void A_source_waits_for_a_silent_log_as_long_as_it_is_told_to()
    {
        _logs[TestBatch.MorePayments].EndIsKnown = false;
        Append(0, 1);
        var sink = Source.FromGraph(SourceStage()).RunWith(this.SinkProbe<PaymentBatch>(), _materializer);
        sink.Request(1);
        AwaitCondition(() => _logs[TestBatch.Payments].Seen == 1);
        Pass(WaitMax - TimeSpan.FromMilliseconds(1));
        _port.Wake();
        Assert.Equal(0, _engine.Progress.Taken);
        Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, sink.ExpectNext().RowCount);
    }

    [Fact]
    public void Lanes_give_batches_on_in_their_order_and_end_after_the_last_one()
    {
        using var gates = new BlockingSteps(2);
        var (source, sink) = Through(gates.Run, decides: true);
        sink.Request(2);
        var batches = Send(source, 2);
        source.SendComplete();
        gates.AwaitBegun(2);
        gates.Finish(1);
        gates.AwaitEnded(1);
        gates.Finish(0);
        Assert.Equal(batches, [sink.ExpectNext(), sink.ExpectNext()]);
        sink.ExpectComplete();
    }

    [Fact]
    public void Lanes_take_no_more_batches_than_there_are_lanes()
    {
        const int batches = 8;
        using var gates = new BlockingSteps(batches);
        var (taken, mostTaken) = (0, 0);
        IEnumerable<PaymentBatch> Batches()
        {
            for (; taken < batches; taken++)
            {
                mostTaken = Math.Max(mostTaken, taken + 1 - gates.EndedCount);
                var batch = new PaymentBatch(TestBatch.Layout, 1, 64) { DecideCount = 1 };
                batch.Append(TestBatch.Payments, taken, TestBatch.LogTimestampMs, decide: true, "{}"u8, 1024);
                yield return batch;
            }
        }

        var step = new Step("test", StepThread.Lanes, gates.Run, TestBatch.Logs, _clock, seconds: null);
        var sink = Source.From(Batches()).Via(new LanesStage(step, _options)).RunWith(this.SinkProbe<PaymentBatch>(), _materializer);
        sink.Request(batches);
        // Both lanes are taken, and no batch can end before this.
        gates.AwaitBegun(2);
        for (var batch = 0; batch < batches; batch++)
        {
            gates.Finish(batch);
            Assert.Equal(batch, sink.ExpectNext().Offset[0]);
        }

        sink.ExpectComplete();
        // The source of an enumeration looks one ahead.
        Assert.Equal(2 + 1, mostTaken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_step_that_fails_fails_the_graph_with_the_positions_of_its_batch_and_upstream_ends(bool decides)
    {
        var (source, sink) = Through(_ => throw new IOException("the disk is gone"), decides);
        sink.Request(1);
        Send(source, 1);
        var error = Assert.IsType<StageFailedException>(sink.ExpectError());
        Assert.Equal("test failed on eu/payments/0 offsets 0..0: the disk is gone", error.Message);
        source.ExpectCancellation();
    }

    [Fact]
    public void Whoever_cancels_ends_the_lanes_and_what_is_before_them()
    {
        var (source, sink) = Through(_ => { }, decides: true);
        sink.EnsureSubscription();
        sink.Cancel();
        source.ExpectCancellation();
    }

    [Fact]
    public async Task Emit_notes_batches_in_their_order_and_ends_after_the_last_one()
    {
        var port = new ManualSink();
        var (source, done) = Emitting(port);
        Send(source, 2);
        AwaitCondition(() => port.Count == 2);
        port.Acknowledge(1);
        Assert.Equal(0, _engine.Progress.Folded);
        port.Acknowledge(0);
        AwaitCondition(() => _engine.Pool.Rented == 0 || done.IsCompleted);
        Assert.False(done.IsCompleted, $"{done.Exception}");
        Send(source, 1);
        source.SendComplete();
        AwaitCondition(() => port.Count == 3);
        Assert.False(done.IsCompleted);
        port.Acknowledge(2);
        await done.WaitAsync(RemainingOrDefault);
        Assert.Equal((0, 3L), (_engine.Pool.Rented, _port.Committed[TestBatch.Payments]));
    }

    [Fact]
    public async Task A_write_that_is_refused_fails_the_graph_and_nothing_behind_it_is_noted()
    {
        var port = new ManualSink();
        var (source, done) = Emitting(port);
        Send(source, 2);
        AwaitCondition(() => port.Count == 2);
        port.Acknowledge(1);
        port.Refuse(0);
        await Assert.ThrowsAsync<DeliveryFailedException>(() => done.WaitAsync(RemainingOrDefault));
        source.ExpectCancellation();
        Assert.Equal(0, _port.Committed[TestBatch.Payments]);
    }

    [Fact]
    public async Task A_graph_that_fails_before_it_is_drained_never_looks_drained()
    {
        var (source, done) = Emitting(new ManualSink());
        Send(source, 1);
        source.SendError(new IOException("the disk is gone"));
        await Assert.ThrowsAsync<IOException>(() => done.WaitAsync(RemainingOrDefault));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _engine.Dispose();
    }

    private LogSourceStage SourceStage() => new(_engine, _port, new LogMerge(_clock, WaitMax), _options);

    private (TestPublisher.Probe<PaymentBatch> Source, TestSubscriber.Probe<PaymentBatch> Sink) Through(Action<PaymentBatch> run, bool decides)
    {
        var step = new Step("test", StepThread.Lanes, run, TestBatch.Logs, _clock, seconds: null);
        _decides = decides;
        return this.SourceProbe<PaymentBatch>().Via(new LanesStage(step, _options)).ToMaterialized(this.SinkProbe<PaymentBatch>(), Keep.Both).Run(_materializer);
    }

    private (TestPublisher.Probe<PaymentBatch> Source, Task<Done> Done) Emitting(ManualSink port) =>
        this.SourceProbe<PaymentBatch>().ToMaterialized(Sink.FromGraph(new EmitStage(_engine, _port, port, _options)), Keep.Both).Run(_materializer);

    /// <summary>Sends batches of one record each, as soon as they are asked for.</summary>
    private List<PaymentBatch> Send(TestPublisher.Probe<PaymentBatch> source, int count)
    {
        var batches = new List<PaymentBatch>();
        for (var i = 0; i < count; i++)
        {
            var batch = _engine.Pool.TryRent()!;
            batch.Append(TestBatch.Payments, _next++, TestBatch.LogTimestampMs, decide: true, "{}"u8, 1024);
            _engine.Took(batch);
            batch.DecideCount = _decides ? 1 : 0;
            source.SendNext(batch);
            batches.Add(batch);
        }

        return batches;
    }

    private void Append(int from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            _logs[TestBatch.Payments].Append(TestBatch.LogTimestampMs + i, Encoding.UTF8.GetBytes(GraphHarness.Payment(i)));
        }
    }

    private void Pass(TimeSpan time)
    {
        _clock.Advance(time);
        Scheduler.Advance(time);
    }

    /// <summary>
    /// A step whose calls, by the offset of their batch, end when a test says so.
    /// </summary>
    private sealed class BlockingSteps(int count) : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

        private readonly ManualResetEventSlim[] _mayEnd = [.. Enumerable.Range(0, count).Select(_ => new ManualResetEventSlim())];
        private readonly ManualResetEventSlim[] _begun = [.. Enumerable.Range(0, count).Select(_ => new ManualResetEventSlim())];
        private readonly ManualResetEventSlim[] _ended = [.. Enumerable.Range(0, count).Select(_ => new ManualResetEventSlim())];

        public int EndedCount => _ended.Count(ended => ended.IsSet);

        public void Run(PaymentBatch batch)
        {
            var number = (int)batch.Offset[0];
            _begun[number].Set();
            Assert.True(_mayEnd[number].Wait(Patience));
            _ended[number].Set();
        }

        public void Finish(int call) => _mayEnd[call].Set();

        public void AwaitBegun(int calls) => Assert.All(_begun.Take(calls), begun => Assert.True(begun.Wait(Patience)));

        public void AwaitEnded(int call) => Assert.True(_ended[call].Wait(Patience));

        public void Dispose() => Array.ForEach([.. _mayEnd, .. _begun, .. _ended], gate => gate.Dispose());
    }
}
