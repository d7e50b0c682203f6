using Akka.Streams;
using Akka.Streams.Stage;
using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>
/// The graph stage around a step that runs on lanes, such as scoring: it takes as many batches at the same time as there are lanes, on threads of the pool. They
/// go on in the order in which they came. A batch that waits for an older one counts, so that batches behind it stay with the source and fill up there. With one
/// lane the stage runs the step on a small batch by itself.
/// </summary>
/// <remarks>Akka's own <c>SelectAsync</c> does the same with a number that is fixed when the graph is made.</remarks>
public sealed class LanesStage(Step step, LiveOptions options) : GraphStage<FlowShape<PaymentBatch, PaymentBatch>>
{
    /// <summary>So few rows are scored in less time than it may take, on busy cores, until a thread of the pool comes round to them and the stage hears of it.</summary>
    private const int SmallRows = 32;

    private readonly Step _step = step;
    private readonly LiveOptions _options = options;
    private readonly Inlet<PaymentBatch> _in = new($"{step.Name}.in");
    private readonly Outlet<PaymentBatch> _out = new($"{step.Name}.out");

    public override FlowShape<PaymentBatch, PaymentBatch> Shape => new(_in, _out);

    protected override Attributes InitialAttributes => Attributes.CreateName(_step.Name);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly LanesStage _stage;
        private readonly Queue<Task<PaymentBatch>> _onLanes = new();
        private readonly Action _scored;

        public Logic(LanesStage stage)
            : base(stage.Shape)
        {
            _stage = stage;
            _scored = GetAsyncCallback(GoOn);
            SetHandler(stage._in, this);
            SetHandler(stage._out, this);
        }

        public override void OnPush()
        {
            var batch = Grab(_stage._in);
            if (_onLanes.Count == 0 && IsAvailable(_stage._out) && IsSmall(batch))
            {
                OnThisThread(batch);
                return;
            }

            var scored = Task.Run(() =>
            {
                _stage._step.Run(batch);
                return batch;
            });
            _onLanes.Enqueue(scored);
            scored.ContinueWith(_ => _scored(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            PullIfRoom();
        }

        public override void OnPull() => GoOn();

        public override void OnUpstreamFinish()
        {
            if (_onLanes.Count == 0)
            {
                CompleteStage();
            }
        }

        private bool IsSmall(PaymentBatch batch) =>
            batch.DecideCount == 0 || (batch.DecideCount <= SmallRows && _stage._options.Current.ScoringLanes == 1);

        private void OnThisThread(PaymentBatch batch)
        {
            try
            {
                _stage._step.Run(batch);
            }
            catch (Exception e)
            {
                FailStage(e);
                return;
            }

            Push(_stage._out, batch);
            PullIfRoom();
        }

        /// <summary>A batch was scored, or the next stage asks.</summary>
        private void GoOn()
        {
            if (IsAvailable(_stage._out) && _onLanes.TryPeek(out var oldest) && oldest.IsCompleted)
            {
                _onLanes.Dequeue();
                if (oldest.Exception is { } failed)
                {
                    FailStage(failed.InnerException ?? failed);
                    return;
                }

                Push(_stage._out, oldest.Result);
            }

            if (IsClosed(_stage._in) && _onLanes.Count == 0)
            {
                CompleteStage();
                return;
            }

            PullIfRoom();
        }

        private void PullIfRoom()
        {
            if (_onLanes.Count < _stage._options.Current.ScoringLanes && !HasBeenPulled(_stage._in) && !IsClosed(_stage._in))
            {
                Pull(_stage._in);
            }
        }
    }
}
