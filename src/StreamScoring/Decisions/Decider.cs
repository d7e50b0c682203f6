using StreamScoring.Batches;
using StreamScoring.Rules;

namespace StreamScoring.Decisions;

/// <summary>
/// The pure part of the decide stage: the verdict on each payment. The order of precedence has one
/// place, here: a payment that was published before keeps its first decision; rules come next, the
/// thresholds last.
/// </summary>
/// <param name="budgetMs">A payment decided later than this after its log timestamp is flagged
/// late.</param>
/// <param name="rungs">[models] What a score of each counts as.</param>
/// <param name="rules">Null: none.</param>
internal sealed class Decider(RiskThresholds thresholds, FirstDecisions firsts, long budgetMs, Rung[] rungs, RuleProgram? rules = null)
{
    /// <summary>
    /// Decides every row that is owed a decision. Allocates nothing in steady state.
    /// </summary>
    /// <param name="batch">With the time at which it is decided.</param>
    public void Decide(PaymentBatch batch)
    {
        var rows = batch.DecideRows.AsSpan(0, batch.DecideCount);
        foreach (var rowIndex in rows)
        {
            Grade(batch, rowIndex);
        }

        rules?.Ask(batch);
        foreach (var rowIndex in rows)
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

            batch.Flags[rowIndex] = FlagsOf(batch, rowIndex);
        }
    }

    /// <summary>What rules may look at.</summary>
    private void Grade(PaymentBatch batch, int rowIndex)
    {
        var probability = batch.Probability[rowIndex];
        var score = RiskScore.FromProbability(probability);
        batch.Score[rowIndex] = score;
        batch.Level[rowIndex] = score >= thresholds.HighestFrom ? RiskLevel.Highest
            : score >= thresholds.ElevatedFrom ? RiskLevel.Elevated
            : RiskLevel.Normal;
        batch.Rung[rowIndex] = double.IsNaN(probability) ? Rung.Rules : rungs[batch.ModelGiven[rowIndex]];
    }

    private void Repeat(PaymentBatch batch, int rowIndex, in FirstDecision first)
    {
        (batch.Probability[rowIndex], batch.RawScore[rowIndex]) = (first.Probability, first.Raw);
        (batch.Score[rowIndex], batch.Level[rowIndex], batch.Action[rowIndex]) = (first.Score, first.Level, first.Action);
        batch.DecidedBy[rowIndex] = DecidedBy.Duplicate;
        // They are of another score: what the model made of the payment now, which decides nothing.
        batch.Reasons.Count[rowIndex] = 0;
        batch.Rung[rowIndex] = double.IsNaN(first.Probability) ? Rung.Rules : Rung.Full;
        if (rules is not null)
        {
            // What fires now decides nothing: the first decision stands, whatever the rules are.
            batch.Rules.Clear(rowIndex);
        }
    }

    private void DecideAnew(PaymentBatch batch, int rowIndex)
    {
        var probability = batch.Probability[rowIndex];
        if (rules is not null && batch.Rules.Deciding[rowIndex] is var rule and not RuleColumns.None)
        {
            (batch.Action[rowIndex], batch.DecidedBy[rowIndex]) = (rules.ActionOf(rule), DecidedBy.Rule);
        }
        else
        {
            (batch.Action[rowIndex], batch.DecidedBy[rowIndex]) = (thresholds.ActionOf(probability), double.IsNaN(probability) ? DecidedBy.Unscored : DecidedBy.Thresholds);
        }

        firsts.Add(
            batch.FirstSequence[rowIndex], batch.FirstLog[rowIndex], batch.FirstOffset[rowIndex],
            new FirstDecision(probability, batch.RawScore[rowIndex], batch.Score[rowIndex], batch.Level[rowIndex], batch.Action[rowIndex]));
    }

    private VerdictFlags FlagsOf(PaymentBatch batch, int rowIndex) =>
        (batch.Clock.DecidedAtMs - batch.LogTimestampMs[rowIndex] > budgetMs ? VerdictFlags.Late : 0)
        | (double.IsNaN(batch.Probability[rowIndex]) ? VerdictFlags.Unscored : 0)
        | (batch.IsDuplicate[rowIndex] ? VerdictFlags.Duplicate : 0)
        | (batch.IsApproximate[rowIndex] ? VerdictFlags.Approximate : 0)
        | (batch.IsConflicting[rowIndex] ? VerdictFlags.ConflictingId : 0)
        | (IsStandIn(batch, rowIndex) ? VerdictFlags.StandIn : 0);

    /// <summary>Of a payment that came again the score is another decision's.</summary>
    private static bool IsStandIn(PaymentBatch batch, int rowIndex) =>
        batch.ModelGiven[rowIndex] != batch.ModelAsked[rowIndex] && batch.ModelGiven[rowIndex] != PaymentBatch.NoModel && batch.DecidedBy[rowIndex] != DecidedBy.Duplicate;
}
