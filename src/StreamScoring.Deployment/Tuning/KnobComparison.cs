namespace StreamScoring.Deployment.Tuning;

/// <summary>A candidate value against the one in force, measured in turn.</summary>
/// <param name="Key">The knob, dotted.</param>
/// <param name="From">The incumbent's value.</param>
/// <param name="To">The candidate's.</param>
public sealed record KnobComparison(string Key, string From, string To, TrialRepeats Incumbent, TrialRepeats Candidate)
{
    /// <summary>
    /// How much better the candidate is, in the goal's unit; below 0 where it is worse.
    /// </summary>
    public double Gain => Incumbent.Goal == TuneGoal.Throughput ? Candidate.Median - Incumbent.Median : Incumbent.Median - Candidate.Median;

    /// <summary>
    /// Only where it beats the incumbent by more than the incumbent's own repeats differ, and each
    /// of its trials beats each of the incumbent's: what cannot be told from noise is no reason to
    /// change a setting. Where there is nothing but noise, that happens once in some hundred
    /// comparisons of five trials each.
    /// </summary>
    public bool IsTaken => Gain > Incumbent.Spread && (Incumbent.Goal == TuneGoal.Throughput ? Candidate.Min > Incumbent.Max : Candidate.Max < Incumbent.Min);
}
