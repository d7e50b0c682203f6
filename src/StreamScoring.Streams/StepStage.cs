using Akka.Streams;
using Akka.Streams.Stage;
using StreamScoring.Batches;

namespace StreamScoring.Streams;

/// <summary>A graph stage that takes batches through one step of an engine.</summary>
public abstract class StepStage(Step step) : GraphStage<FlowShape<PaymentBatch, PaymentBatch>>
{
    private readonly Inlet<PaymentBatch> _in = new($"{step.Name}.in");
    private readonly Outlet<PaymentBatch> _out = new($"{step.Name}.out");

    public override FlowShape<PaymentBatch, PaymentBatch> Shape => new(_in, _out);

    protected override Attributes InitialAttributes => Attributes.CreateName(Step.Name);

    private protected Step Step { get; } = step;

    /// <summary>Runs the step on each batch by the stage's own thread.</summary>
    private protected abstract class StepLogic : InAndOutGraphStageLogic
    {
        protected StepLogic(StepStage stage)
            : base(stage.Shape)
        {
            (Step, In, Out) = (stage.Step, stage._in, stage._out);
            SetHandler(In, this);
            SetHandler(Out, this);
        }

        protected Step Step { get; }

        protected Inlet<PaymentBatch> In { get; }

        protected Outlet<PaymentBatch> Out { get; }

        public override void OnPush() => RunAndPush(Grab(In));

        public override void OnPull() => Pull(In);

        protected void RunAndPush(PaymentBatch batch)
        {
            try
            {
                Step.Run(batch);
            }
            catch (Exception e)
            {
                FailStage(e);
                return;
            }

            Push(Out, batch);
        }
    }
}
