using StreamScoring.Decisions;

namespace StreamScoring.Scoring;

/// <summary>Which decisions name reasons, and how many.</summary>
/// <param name="From">The score from which on they do; <see cref="RiskThresholds.Never"/> for
/// none.</param>
/// <param name="Max">At most so many.</param>
public sealed record ReasonOptions(int From, int Max)
{
    public static readonly ReasonOptions None = new(RiskThresholds.Never, 0);

    /// <summary>Reasons of a decision at most; 0 where none are ever asked for.</summary>
    public int Columns => From < RiskThresholds.Never ? Max : 0;
}
