using StreamScoring.Batches;

namespace StreamScoring.Host.Replaying;

/// <summary>What was decided for a payment.</summary>
/// <param name="Probability">NaN where no model gave one.</param>
internal readonly record struct ReplayOutcome(DecisionAction Action, int Score, double Probability)
{
    /// <summary>
    /// Rows of a batch are scored in another order than they were: an engine may differ in the last
    /// digits of a float then. A step of the score counts whatever made it.
    /// </summary>
    private const double Tolerance = 1e-6;

    public static ReplayOutcome Of(RecordedVerdict verdict) => new(verdict.Action, verdict.Score, verdict.Probability);

    public bool HasScoreOf(in ReplayOutcome other) =>
        Score == other.Score && double.IsNaN(Probability) == double.IsNaN(other.Probability) && !(Math.Abs(Probability - other.Probability) > Tolerance);
}

/// <summary>In what a payment's two decisions differ.</summary>
[Flags]
internal enum ReplayDifference
{
    None = 0,
    Features = 1,
    Score = 2,
    Action = 4,
    Rules = 8,
}
