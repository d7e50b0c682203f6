using Akka.Streams;
using Akka.Streams.Stage;
using StreamScoring.Batches;
using StreamScoring.Ingest;

namespace StreamScoring.Streams;

/// <summary>
/// The start of the graph. When the downstream asks, it takes whatever the logs have queued,
/// merged, as one batch; so an idle system answers one payment at once and a busy one makes full
/// batches by itself. It never reads ahead of demand: what is not asked for stays in the port's own
/// bounded queues.
/// </summary>
public sealed class LogSourceStage(Engine engine, ILogSource source, LogMerge merge, LiveOptions options) : GraphStage<SourceShape<PaymentBatch>>
{
    private readonly Outlet<PaymentBatch> _out = new("ingest.logs");
    private readonly Engine _engine = engine;
    private readonly ILogSource _source = source;
    private readonly LogMerge _merge = merge;
    private readonly LiveOptions _options = options;

    public override SourceShape<PaymentBatch> Shape => new(_out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    private sealed class Logic : TimerGraphStageLogic
    {
        private const string LookAgain = "look again";

        private readonly LogSourceStage _stage;
        private readonly Engine _engine;
        private readonly ILogSource _source;
        private readonly Action _takeWake;
        private int _wakePending;
        private TimeSpan _waitScheduled;

        public Logic(LogSourceStage stage)
            : base(stage.Shape)
        {
            (_stage, _engine, _source) = (stage, stage._engine, stage._source);
            _takeWake = GetAsyncCallback(OnWake);
            SetHandler(stage._out, onPull: TryPush);
        }

        public override void PreStart()
        {
            _engine.Pool.Returned = Wake;
            _engine.PolicyChanges?.Ready = Wake;
            _stage._options.Changed = Wake;
            _source.Start(Wake, GetAsyncCallback<Exception>(FailStage));
        }

        protected override void OnTimer(object timerKey) => TryPush();

        /// <summary>
        /// Called from any thread. Many wakes before the stage gets to run are one.
        /// </summary>
        private void Wake()
        {
            if (Interlocked.Exchange(ref _wakePending, 1) == 0)
            {
                _takeWake();
            }
        }

        private void OnWake()
        {
            // Cleared before looking, so that what arrives while looking wakes again.
            Volatile.Write(ref _wakePending, 0);
            TryPush();
        }

        private void TryPush()
        {
            if (!IsAvailable(_stage._out) || _engine.Pool.TryRent() is not { } batch)
            {
                return;
            }

            _stage._merge.WaitMax = _stage._options.Current.MergeWaitMax;
            batch.Clock.Received = _engine.Clock.GetTimestamp();
            batch.Clock.ReceivedAtMs = _engine.Clock.GetUtcNow().ToUnixTimeMilliseconds();
            var isCompleted = _source.IsCompleted;
            var outcome = _stage._merge.Fill(batch, _source.Readers);
            if (outcome == MergeOutcome.Filled)
            {
                _engine.Took(batch);
                Push(_stage._out, batch);
                return;
            }

            ReturnUnused(batch);
            _engine.Progress.FoundNothing(allAtEnd: outcome == MergeOutcome.Idle);
            if (outcome == MergeOutcome.Waiting)
            {
                // Only while catching up: a wake normally comes long before.
                _engine.Meters?.MergeWaitsGivenUp(_stage._merge.WaitsGivenUp);
                if (!IsTimerActive(LookAgain) || _waitScheduled != _stage._merge.WaitMax)
                {
                    _waitScheduled = _stage._merge.WaitMax;
                    ScheduleOnce(LookAgain, _stage._merge.WaitMax);
                }
            }
            else if (isCompleted)
            {
                CompleteStage();
            }
        }

        /// <summary>
        /// Returning a batch wakes the source, which would then look again for ever.
        /// </summary>
        private void ReturnUnused(PaymentBatch batch)
        {
            _engine.Pool.Returned = null;
            _engine.Pool.Return(batch);
            _engine.Pool.Returned = Wake;
        }
    }
}
