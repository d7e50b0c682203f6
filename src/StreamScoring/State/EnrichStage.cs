using Akka.Streams;
using Akka.Streams.Stage;
using StreamScoring.Batches;
using StreamScoring.Diagnostics;

namespace StreamScoring.State;

/// <summary>
/// The graph stage around <see cref="FoldedState"/>, on the one thread that writes it: folds each batch, and between two batches goes on
/// copying the state out, a bit at a time, for whoever asked.
/// </summary>
public sealed class EnrichStage(IntakeParts parts) : GraphStage<FlowShape<PaymentBatch, PaymentBatch>>
{
    /// <summary>A tenth of a millisecond or so of copying: less than a batch takes.</summary>
    public const long BytesPerStep = 1 << 20;

    private readonly IntakeParts _parts = parts;
    private readonly Inlet<PaymentBatch> _in = new("enrich.in");
    private readonly Outlet<PaymentBatch> _out = new("enrich.out");

    public override FlowShape<PaymentBatch, PaymentBatch> Shape => new(_in, _out);

    protected override Attributes InitialAttributes => Attributes.CreateName("enrich");

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly EnrichStage _stage;
        private readonly IntakeParts _parts;
        private readonly Action _goOn;
        private int _isGoingOn;

        public Logic(EnrichStage stage)
            : base(stage.Shape)
        {
            (_stage, _parts) = (stage, stage._parts);
            _goOn = GetAsyncCallback(OnGoOn);
            SetHandler(stage._in, this);
            SetHandler(stage._out, this);
        }

        public override void PreStart()
        {
            _parts.State.Requested = GoOn;
            GoOn();
        }

        public override void OnPush()
        {
            var batch = Grab(_stage._in);
            batch.Clock.EnrichStarted = _parts.Clock.GetTimestamp();
            try
            {
                _parts.State.Enrich(batch);
            }
            catch (Exception e)
            {
                FailStage(new StageFailedException("enrich", StageFailedException.PositionsOf(batch, _parts.Logs), e));
                return;
            }

            batch.Clock.Enriched = _parts.Clock.GetTimestamp();
            _parts.Meters?.StageTook("enrich", _parts.Clock.GetElapsedTime(batch.Clock.EnrichStarted, batch.Clock.Enriched));
            Push(_stage._out, batch);
        }

        public override void OnPull() => Pull(_stage._in);

        public override void PostStop() => _parts.State.Requested = null;

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
            var started = _parts.Clock.GetTimestamp();
            var isMore = _parts.State.Advance(BytesPerStep);
            _parts.Meters?.StatePaused(_parts.Clock.GetElapsedTime(started));
            if (isMore)
            {
                // By way of the mailbox, so that a batch that came meanwhile is not kept waiting.
                GoOn();
            }
        }
    }
}
