using Akka.Streams;
using Akka.Streams.Stage;
using StreamScoring.State;

namespace StreamScoring.Streams;

/// <summary>
/// The graph stage around the step that writes <see cref="FoldedState"/>, on the one thread that
/// does: between two batches it goes on copying the state out, a bit at a time, for whoever asked.
/// </summary>
public sealed class StateStage(Step step, Engine engine) : StepStage(step)
{
    private readonly Engine _engine = engine;

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    private sealed class Logic : StepLogic
    {
        private readonly Engine _engine;
        private readonly Action _goOn;
        private int _isGoingOn;

        public Logic(StateStage stage)
            : base(stage)
        {
            _engine = stage._engine;
            _goOn = GetAsyncCallback(OnGoOn);
        }

        public override void PreStart()
        {
            _engine.State.Requested = GoOn;
            GoOn();
        }

        public override void PostStop() => _engine.State.Requested = null;

        /// <summary>
        /// Called from any thread. Many calls before the stage gets to run are one.
        /// </summary>
        private void GoOn()
        {
            if (Interlocked.Exchange(ref _isGoingOn, 1) == 0)
            {
                _goOn();
            }
        }

        private void OnGoOn()
        {
            Volatile.Write(ref _isGoingOn, 0);
            var started = _engine.Clock.GetTimestamp();
            var isMore = _engine.State.Advance(FoldedState.BytesPerStep);
            _engine.Meters?.StatePaused(_engine.Clock.GetElapsedTime(started));
            if (isMore)
            {
                // By way of the mailbox, so that a batch that came meanwhile is not kept waiting.
                GoOn();
            }
        }
    }
}
