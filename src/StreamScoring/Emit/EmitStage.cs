using Akka;
using Akka.Streams;
using Akka.Streams.Stage;
using StreamScoring.Batches;

namespace StreamScoring.Emit;

/// <summary>
/// The end of the graph: sends each batch, and only when it is acknowledged notes its offsets as decided and returns the batch to the
/// pool. Acknowledgements are handled in stream order, so an offset vector never goes back. At most a stated number of batches is in flight.
/// </summary>
public sealed class EmitStage(PipelineParts parts, int batchesInFlightMax) : GraphStageWithMaterializedValue<SinkShape<PaymentBatch>, Task<Done>>
{
    private readonly PipelineParts _parts = parts;
    private readonly int _batchesInFlightMax = batchesInFlightMax;

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
        private readonly long[] _nextOffset;
        private readonly Action _acknowledged;
        private Exception? _failure;

        public Logic(EmitStage stage, TaskCompletionSource<Done> done)
            : base(stage.Shape)
        {
            (_stage, _done) = (stage, done);
            _nextOffset = new long[stage._parts.Intake.Logs.Count];
            _acknowledged = GetAsyncCallback(TakeAcknowledged);
            SetHandler(stage._in, this);
        }

        public override void PreStart() => Pull(_stage._in);

        public override void OnPush()
        {
            var batch = Grab(_stage._in);
            var written = _stage._parts.Sink.WriteAsync(batch);
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
            // What was sent may still be acknowledged; it is decided again after the restart, from the same position.
            _failure = e;
            FailStage(e);
        }

        public override void PostStop()
        {
            if (_failure is not null)
            {
                _done.TrySetException(_failure);
            }
            else
            {
                _done.TrySetResult(Done.Instance);
            }
        }

        private void TakeAcknowledged()
        {
            while (_inFlight.TryPeek(out var head) && head.Written.IsCompleted)
            {
                _inFlight.Dequeue();
                if (head.Written.Exception is { } failed)
                {
                    _failure = failed.InnerException ?? failed;
                    FailStage(_failure);
                    return;
                }

                NoteDecided(head.Batch);
                _stage._parts.Intake.Progress.Acknowledged(head.Batch);
                _stage._parts.Intake.Meters?.BatchAcknowledged(head.Batch, _stage._parts.Intake.Clock.GetElapsedTime(head.Batch.Clock.Received), _inFlight.Count);
                _stage._parts.Intake.Pool.Return(head.Batch);
            }

            PullIfRoom();
            CompleteIfDrained();
        }

        private void NoteDecided(PaymentBatch batch)
        {
            for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
            {
                ref var next = ref _nextOffset[batch.LogIndex[rowIndex]];
                Invariant.Require(batch.Offset[rowIndex] >= next);
                next = batch.Offset[rowIndex] + 1;
            }

            // Told once per run of rows of one log, not once per row.
            for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
            {
                if (rowIndex + 1 == batch.RowCount || batch.LogIndex[rowIndex + 1] != batch.LogIndex[rowIndex])
                {
                    _stage._parts.Intake.Source.Commit(batch.LogIndex[rowIndex], batch.Offset[rowIndex] + 1);
                }
            }
        }

        private void PullIfRoom()
        {
            if (_inFlight.Count < _stage._batchesInFlightMax && !HasBeenPulled(_stage._in) && !IsClosed(_stage._in))
            {
                Pull(_stage._in);
            }
        }

        private void CompleteIfDrained()
        {
            if (IsClosed(_stage._in) && _inFlight.Count == 0)
            {
                CompleteStage();
            }
        }
    }
}
