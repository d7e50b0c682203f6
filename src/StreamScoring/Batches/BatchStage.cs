using Akka.Streams;
using Akka.Streams.Stage;
using StreamScoring.Diagnostics;
using StreamScoring.Regions;

namespace StreamScoring.Batches;

/// <summary>
/// The graph stage around a piece of pure logic that works on one batch at a time: it only moves demand, takes the time, and names the
/// stage and the positions when the logic fails.
/// </summary>
/// <param name="name">One of <see cref="PipelineMeters.Stages"/>.</param>
/// <param name="run">Called with each batch, by one thread at a time.</param>
public sealed class BatchStage(string name, Action<PaymentBatch> run, LogTable logs, TimeProvider clock, PipelineMeters? meters)
    : GraphStage<FlowShape<PaymentBatch, PaymentBatch>>
{
    private readonly Inlet<PaymentBatch> _in = new($"{name}.in");
    private readonly Outlet<PaymentBatch> _out = new($"{name}.out");
    private readonly string _name = name;
    private readonly Action<PaymentBatch> _run = run;
    private readonly LogTable _logs = logs;
    private readonly TimeProvider _clock = clock;
    private readonly PipelineMeters? _meters = meters;

    public override FlowShape<PaymentBatch, PaymentBatch> Shape => new(_in, _out);

    protected override Akka.Streams.Attributes InitialAttributes => Akka.Streams.Attributes.CreateName(_name);

    protected override GraphStageLogic CreateLogic(Akka.Streams.Attributes inheritedAttributes) => new Logic(this);

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly BatchStage _stage;

        public Logic(BatchStage stage)
            : base(stage.Shape)
        {
            _stage = stage;
            SetHandler(stage._in, this);
            SetHandler(stage._out, this);
        }

        public override void OnPush()
        {
            var batch = Grab(_stage._in);
            var started = _stage._clock.GetTimestamp();
            try
            {
                _stage._run(batch);
            }
            catch (Exception e)
            {
                FailStage(new StageFailedException(_stage._name, StageFailedException.PositionsOf(batch, _stage._logs), e));
                return;
            }

            _stage._meters?.StageTook(_stage._name, _stage._clock.GetElapsedTime(started));
            Push(_stage._out, batch);
        }

        public override void OnPull() => Pull(_stage._in);
    }
}
