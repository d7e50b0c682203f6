namespace StreamScoring.Deployment.Tuning;

/// <summary>The trials of one setting within one comparison.</summary>
public sealed record TrialRepeats(TuneGoal Goal, IReadOnlyList<TrialFigures> Trials)
{
    /// <summary>
    /// The middle trial's figure; of an even number, the mean of the two in the middle.
    /// </summary>
    public double Median => MedianOf(trial => trial.Of(Goal));

    public double Min => Trials.Min(trial => trial.Of(Goal));

    public double Max => Trials.Max(trial => trial.Of(Goal));

    /// <summary>
    /// How far repeats of the very same differ: what a change must exceed to be more than noise.
    /// </summary>
    public double Spread => Max - Min;

    public double MedianOf(Func<TrialFigures, double> figure)
    {
        var sorted = Trials.Select(figure).Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
