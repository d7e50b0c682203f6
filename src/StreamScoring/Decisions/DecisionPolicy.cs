using StreamScoring.Batches;

namespace StreamScoring.Decisions;

/// <summary>
/// The pure part of the decide stage: score, level and action of each payment. The order of precedence has one place, here: rules will
/// be asked before the thresholds.
/// </summary>
public sealed class DecisionPolicy(RiskThresholds thresholds)
{
    /// <summary>Decides every row that is owed a decision. Allocates nothing.</summary>
    public void Decide(PaymentBatch batch)
    {
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            var probability = batch.Probability[rowIndex];
            var score = RiskScore.FromProbability(probability);
            batch.Score[rowIndex] = score;
            batch.Level[rowIndex] = score >= thresholds.HighestFrom ? RiskLevel.Highest
                : score >= thresholds.ElevatedFrom ? RiskLevel.Elevated
                : RiskLevel.Normal;
            batch.Action[rowIndex] = double.IsNaN(probability) ? thresholds.UnscoredAction
                : score >= thresholds.BlockFrom ? DecisionAction.Block
                : score >= thresholds.ReviewFrom ? DecisionAction.Review
                : score >= thresholds.ChallengeFrom ? DecisionAction.Challenge
                : DecisionAction.Allow;
        }
    }
}
