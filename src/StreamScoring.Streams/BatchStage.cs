using Akka.Streams;
using Akka.Streams.Stage;

namespace StreamScoring.Streams;

/// <summary>The graph stage around a step that works on one batch at a time.</summary>
public sealed class BatchStage(Step step) : StepStage(step)
{
    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    private sealed class Logic(BatchStage stage) : StepLogic(stage);
}
