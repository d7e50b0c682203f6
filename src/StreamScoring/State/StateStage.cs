using Akka.Streams;
using Akka.Streams.Stage;
using StreamScoring.Batches;

namespace StreamScoring.State;

/// <summary>
/// The graph stage around the step that writes <see cref="FoldedState"/>, on the one thread that does: between two batches it goes on
/// copying the state out, a bit at a time, for whoever asked.
/// </summary>
public sealed class StateStage(Step step, Engine engine) : GraphStage<FlowShape<PaymentBatch, PaymentBatch>>
{
    /// <summary>A tenth of a millisecond or so of copying: less than a batch takes.</summary>
    public const long BytesPerStep = 1 << 20;

    private readonly Step _step = step;
    private readonly Engine _engine = engine;
    private readonly Inlet<PaymentBatch> _in = new($"{step.Name}.in");
    private readonly Outlet<PaymentBatch> _out = new($"{step.Name}.out");

    public override FlowShape<PaymentBatch, PaymentBatch> Shape => new(_in, _out);

    protected override Attributes InitialAttributes => Attributes.CreateName(_step.Name);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly StateStage _stage;
        private readonly Engine _engine;
        private readonly Action _goOn;
        private int _isGoingOn;

        public Logic(StateStage stage)
            : base(stage.Shape)
        {
            (_stage, _engine) = (stage, stage._engine);
            _goOn = GetAsyncCallback(OnGoOn);
            SetHandler(stage._in, this);
            SetHandler(stage._out, this);
        }

        public override void PreStart()
        {
            _engine.State.Requested = GoOn;
            GoOn();
        }

        public override void OnPush()
        {
            var batch = Grab(_stage._in);
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
        }

        public override void OnPull() => Pull(_stage._in);

        public override void PostStop() => _engine.State.Requested = null;

        /// <summary>Called from any thread. Many calls before the stage gets to run are one.</summary>
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
            var isMore = _engine.State.Advance(BytesPerStep);
            _engine.Meters?.StatePaused(_engine.Clock.GetElapsedTime(started));
            if (isMore)
            {
                // By way of the mailbox, so that a batch that came meanwhile is not kept waiting.
                GoOn();
            }
        }
    }
}
