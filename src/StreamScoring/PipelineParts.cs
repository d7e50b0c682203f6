using StreamScoring.Decisions;
using StreamScoring.Emit;
using StreamScoring.Scoring;

namespace StreamScoring;

/// <summary>What a deciding graph is made of: ports on both ends, and the pure logic of each stage in between.</summary>
public sealed record PipelineParts(IntakeParts Intake, ScoringLanes Lanes, DecisionPolicy Policy, BatchEncoder Encoder, IDecisionSink Sink);
