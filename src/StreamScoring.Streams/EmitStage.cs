using Akka;
using Akka.Streams;
using Akka.Streams.Stage;
using StreamScoring.Batches;
using StreamScoring.Emit;
using StreamScoring.Ingest;

namespace StreamScoring.Streams;

/// <summary>
/// The end of the graph: sends each batch, and only when it is acknowledged notes its offsets as
/// decided and returns the batch to the pool. Acknowledgements are handled in stream order, so an
/// offset vector never goes back. At most a stated number of batches is in flight.
/// </summary>
public sealed class EmitStage(Engine engine, ILogSource source, IDecisionSink sink, LiveOptions options) : GraphStageWithMaterializedValue<SinkShape<PaymentBatch>, Task<Done>>
{
    private readonly Engine _engine = engine;
    private readonly ILogSource _source = source;
    private readonly IDecisionSink _sink = sink;
    private readonly LiveOptions _options = options;

    private readonly Inlet<PaymentBatch> _in = new("emit.in");

    public override SinkShape<PaymentBatch> Shape => new(_in);

    public override ILogicAndMaterializedValue<Task<Done>> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var done = new TaskCompletionSource<Done>(TaskCreationOptions.RunContinuationsAsynchronously);
        return new LogicAndMaterializedValue<Task<Done>>(new Logic(this, done), done.Task);
    }

    private sealed class Logic : InGraphStageLogic
    {
        private readonly EmitStage _stage;
        private readonly TaskCompletionSource<Done> _done;
        private readonly Queue<(PaymentBatch Batch, Task Written)> _inFlight = new();
        private readonly Action _acknowledged;
        private Exception? _failure;
        private bool _isDrained;

        public Logic(EmitStage stage, TaskCompletionSource<Done> done)
            : base(stage.Shape)
        {
            (_stage, _done) = (stage, done);
            _acknowledged = GetAsyncCallback(TakeAcknowledged);
            SetHandler(stage._in, this);
        }

        public override void PreStart()
        {
            // Else the stage would end with its inlet, and what is in flight would never be noted.
            SetKeepGoing(true);
            Pull(_stage._in);
        }

        public override void OnPush()
        {
            var batch = Grab(_stage._in);
            Task written;
            try
            {
                written = _stage._sink.WriteAsync(batch);
            }
            catch (Exception e)
            {
                Fail(e);
                return;
            }

            _inFlight.Enqueue((batch, written));
            if (written.IsCompleted)
            {
                TakeAcknowledged();
            }
            else
            {
                written.ContinueWith(_ => _acknowledged(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            PullIfRoom();
        }

        public override void OnUpstreamFinish() => CompleteIfDrained();

        public override void OnUpstreamFailure(Exception e)
        {
            // What was sent may still be acknowledged; it is decided again after the restart, from
            // the same position.
            Fail(e);
        }

        public override void PostStop()
        {
            if (_isDrained)
            {
                _done.TrySetResult(Done.Instance);
            }
            else
            {
                // Whatever ended it: a graph that was not drained must never look like one that was
                // asked to stop.
                _done.TrySetException(_failure ?? new InvalidOperationException("the graph was torn down before it was drained"));
            }
        }

        private void TakeAcknowledged()
        {
            while (_inFlight.TryPeek(out var head) && head.Written.IsCompleted)
            {
                _inFlight.Dequeue();
                if (!head.Written.IsCompletedSuccessfully)
                {
                    // A write that was cancelled has no exception, and is no more acknowledged than
                    // one that failed.
                    Fail(head.Written.Exception is { } failed ? failed.InnerException ?? failed : new DeliveryFailedException("a write was cancelled before it was acknowledged"));
                    return;
                }

                try
                {
                    _stage._engine.Acknowledged(head.Batch, _stage._source, _inFlight.Count);
                }
                catch (Exception e)
                {
                    Fail(e);
                    return;
                }
            }

            PullIfRoom();
            CompleteIfDrained();
        }

        private void PullIfRoom()
        {
            if (_inFlight.Count < _stage._options.Current.EmitBatchesInFlightMax && !HasBeenPulled(_stage._in) && !IsClosed(_stage._in))
            {
                Pull(_stage._in);
            }
        }

        private void CompleteIfDrained()
        {
            if (IsClosed(_stage._in) && _inFlight.Count == 0)
            {
                _isDrained = true;
                CompleteStage();
            }
        }

        private void Fail(Exception e)
        {
            _failure = e;
            FailStage(e);
        }
    }
}
