using StreamScoring.Batches;

namespace StreamScoring.Decisions;

/// <summary>
/// The pure part of the decide stage: the verdict on each payment. The order of precedence has one
/// place, here: a payment that was published before keeps its first decision; rules will be asked
/// next, the thresholds last.
/// </summary>
/// <param name="budgetMs">A payment decided later than this after its log timestamp is flagged
/// late.</param>
internal sealed class Decider(RiskThresholds thresholds, FirstDecisions firsts, long budgetMs)
{
    /// <summary>
    /// Decides every row that is owed a decision. Allocates nothing in steady state.
    /// </summary>
    /// <param name="batch">With the time at which it is decided.</param>
    public void Decide(PaymentBatch batch)
    {
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            if (batch.IsDuplicate[rowIndex] && firsts.TryFind(batch.FirstSequence[rowIndex], batch.FirstLog[rowIndex], batch.FirstOffset[rowIndex], out var first))
            {
                Repeat(batch, rowIndex, first);
            }
            else
            {
                // What came first may have been decided elsewhere, or so long ago that it is not
                // known: then this is the decision that later ones repeat.
                DecideAnew(batch, rowIndex);
            }

            batch.Rung[rowIndex] = double.IsNaN(batch.Probability[rowIndex]) ? Rung.Rules : Rung.Full;
            batch.Flags[rowIndex] = FlagsOf(batch, rowIndex);
        }
    }

    private static void Repeat(PaymentBatch batch, int rowIndex, in FirstDecision first)
    {
        (batch.Probability[rowIndex], batch.RawScore[rowIndex]) = (first.Probability, first.Raw);
        (batch.Score[rowIndex], batch.Level[rowIndex], batch.Action[rowIndex]) = (first.Score, first.Level, first.Action);
        batch.DecidedBy[rowIndex] = DecidedBy.Duplicate;
        // They are of another score: what the model made of the payment now, which decides nothing.
        batch.Reasons.Count[rowIndex] = 0;
    }

    private void DecideAnew(PaymentBatch batch, int rowIndex)
    {
        var probability = batch.Probability[rowIndex];
        var score = RiskScore.FromProbability(probability);
        batch.Score[rowIndex] = score;
        batch.Level[rowIndex] = score >= thresholds.HighestFrom ? RiskLevel.Highest
            : score >= thresholds.ElevatedFrom ? RiskLevel.Elevated
            : RiskLevel.Normal;
        batch.Action[rowIndex] = thresholds.ActionOf(probability);
        batch.DecidedBy[rowIndex] = double.IsNaN(probability) ? DecidedBy.Unscored : DecidedBy.Thresholds;
        firsts.Add(
            batch.FirstSequence[rowIndex], batch.FirstLog[rowIndex], batch.FirstOffset[rowIndex],
            new FirstDecision(probability, batch.RawScore[rowIndex], score, batch.Level[rowIndex], batch.Action[rowIndex]));
    }

    private VerdictFlags FlagsOf(PaymentBatch batch, int rowIndex) =>
        (batch.Clock.DecidedAtMs - batch.LogTimestampMs[rowIndex] > budgetMs ? VerdictFlags.Late : 0)
        | (double.IsNaN(batch.Probability[rowIndex]) ? VerdictFlags.Unscored : 0)
        | (batch.IsDuplicate[rowIndex] ? VerdictFlags.Duplicate : 0)
        | (batch.IsApproximate[rowIndex] ? VerdictFlags.Approximate : 0)
        | (batch.IsConflicting[rowIndex] ? VerdictFlags.ConflictingId : 0);
}
