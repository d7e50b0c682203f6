using StreamScoring.Batches;

namespace StreamScoring.Decisions;

/// <summary>
/// Scores from which on a payment is challenged, reviewed, blocked or called risky. 100 is never
/// reached: it switches one off.
/// </summary>
public sealed record RiskThresholds
{
    public const int Never = 100;

    public int ChallengeFrom { get; init; } = 50;

    public int ReviewFrom { get; init; } = 70;

    public int BlockFrom { get; init; } = 90;

    public int ElevatedFrom { get; init; } = 50;

    public int HighestFrom { get; init; } = 90;

    /// <summary>What happens to a payment for which the model gave no number.</summary>
    public DecisionAction UnscoredAction { get; init; } = DecisionAction.Review;

    /// <param name="probability">Of fraud; NaN where no model gave one.</param>
    public DecisionAction ActionOf(double probability)
    {
        var score = RiskScore.FromProbability(probability);
        return double.IsNaN(probability) ? UnscoredAction
            : score >= BlockFrom ? DecisionAction.Block
            : score >= ReviewFrom ? DecisionAction.Review
            : score >= ChallengeFrom ? DecisionAction.Challenge
            : DecisionAction.Allow;
    }
}
