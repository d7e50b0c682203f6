using Akka.Streams;
using Akka.Streams.Stage;
using StreamScoring.Batches;

namespace StreamScoring.Streams;

/// <summary>
/// The graph stage around a step that runs on lanes, such as scoring. It takes as many batches at
/// the same time as there are lanes, on threads of the pool. They go on in the order in which they
/// came. A batch that waits for an older one counts, so that batches behind it stay with the source
/// and fill up there. With one lane the stage runs the step on a small batch by itself.
/// </summary>
/// <remarks>
/// Akka's own <c>SelectAsync</c> does the same with a number that is fixed when the graph is made.
/// </remarks>
public sealed class LanesStage(Step step, LiveOptions options) : StepStage(step)
{
    /// <summary>
    /// So few rows are scored in less time than it may take, on busy cores, until a thread of the
    /// pool comes round to them and the stage hears of it.
    /// </summary>
    private const int SmallRows = 32;

    private readonly LiveOptions _options = options;

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    private sealed class Logic : StepLogic
    {
        private readonly LiveOptions _options;
        private readonly Queue<Task<PaymentBatch>> _onLanes = new();
        private readonly Action _done;

        public Logic(LanesStage stage)
            : base(stage)
        {
            _options = stage._options;
            _done = GetAsyncCallback(GoOn);
        }

        public override void OnPush()
        {
            var batch = Grab(In);
            if (_onLanes.Count == 0 && IsAvailable(Out) && IsSmall(batch))
            {
                RunAndPush(batch);
                PullIfRoom();
                return;
            }

            var running = Task.Run(() =>
            {
                Step.Run(batch);
                return batch;
            });
            _onLanes.Enqueue(running);
            running.ContinueWith(_ => _done(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
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
            batch.DecideCount == 0 || (batch.DecideCount <= SmallRows && _options.Current.ScoringLanes == 1);

        /// <summary>A batch is done, or the next stage asks.</summary>
        private void GoOn()
        {
            if (IsAvailable(Out) && _onLanes.TryPeek(out var oldest) && oldest.IsCompleted)
            {
                _onLanes.Dequeue();
                if (oldest.Exception is { } failed)
                {
                    FailStage(failed.InnerException ?? failed);
                    return;
                }

                Push(Out, oldest.Result);
            }

            if (IsClosed(In) && _onLanes.Count == 0)
            {
                CompleteStage();
                return;
            }

            PullIfRoom();
        }

        private void PullIfRoom()
        {
            if (_onLanes.Count < _options.Current.ScoringLanes && !HasBeenPulled(In) && !IsClosed(In))
            {
                Pull(In);
            }
        }
    }
}
