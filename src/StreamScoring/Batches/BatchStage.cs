using Akka.Streams;
using Akka.Streams.Stage;

namespace StreamScoring.Batches;

/// <summary>The graph stage around a step that works on one batch at a time: it only moves demand.</summary>
public sealed class BatchStage(Step step) : GraphStage<FlowShape<PaymentBatch, PaymentBatch>>
{
    private readonly Inlet<PaymentBatch> _in = new($"{step.Name}.in");
    private readonly Outlet<PaymentBatch> _out = new($"{step.Name}.out");
    private readonly Step _step = step;

    public override FlowShape<PaymentBatch, PaymentBatch> Shape => new(_in, _out);

    protected override Akka.Streams.Attributes InitialAttributes => Akka.Streams.Attributes.CreateName(_step.Name);

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
    }
}
