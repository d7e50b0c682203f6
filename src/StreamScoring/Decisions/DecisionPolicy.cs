using StreamScoring.Batches;

namespace StreamScoring.Decisions;

/// <summary>
/// The pure part of the decide stage: score, level and action of each payment. The order of precedence has one place, here: a payment that
/// was published before keeps its first decision; rules will be asked next, the thresholds last.
/// </summary>
public sealed class DecisionPolicy(RiskThresholds thresholds, FirstDecisions firsts)
{
    /// <summary>Decides every row that is owed a decision. Allocates nothing in steady state.</summary>
    public void Decide(PaymentBatch batch)
    {
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            var isDuplicate = batch.IsDuplicate[rowIndex];
            if (isDuplicate && firsts.TryFind(batch.FirstSequence[rowIndex], batch.FirstLog[rowIndex], batch.FirstOffset[rowIndex], out var first))
            {
                Repeat(batch, rowIndex, first);
                continue;
            }

            // What came first may have been decided elsewhere, or so long ago that it is not known: then this is the decision that later ones repeat.
            Decide(batch, rowIndex);
            if (batch.FirstSequence[rowIndex] >= 0)
            {
                firsts.Add(batch.FirstSequence[rowIndex], new FirstDecision(
                    batch.Probability[rowIndex], batch.RawScore[rowIndex], batch.Score[rowIndex], batch.Level[rowIndex], batch.Action[rowIndex]));
            }
        }
    }

    private static void Repeat(PaymentBatch batch, int rowIndex, in FirstDecision first)
    {
        (batch.Probability[rowIndex], batch.RawScore[rowIndex]) = (first.Probability, first.Raw);
        (batch.Score[rowIndex], batch.Level[rowIndex], batch.Action[rowIndex]) = (first.Score, first.Level, first.Action);
        // They are of another score: what the model made of the payment now, which decides nothing.
        batch.Reasons.Count[rowIndex] = 0;
    }

    private void Decide(PaymentBatch batch, int rowIndex)
    {
        var probability = batch.Probability[rowIndex];
        var score = RiskScore.FromProbability(probability);
        batch.Score[rowIndex] = score;
        batch.Level[rowIndex] = score >= thresholds.HighestFrom ? RiskLevel.Highest
            : score >= thresholds.ElevatedFrom ? RiskLevel.Elevated
            : RiskLevel.Normal;
        batch.Action[rowIndex] = thresholds.ActionOf(probability);
    }
}
