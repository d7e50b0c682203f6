namespace StreamScoring.Features;

/// <summary>
/// A feature that is told by the difference of two rows: the plan of most, in one place, as it is
/// looked at for every payment (<see cref="FeaturePlan"/> has the others, and says what the numbers
/// mean).
/// </summary>
/// <param name="Index">Among the entity's features; <paramref name="FeatureIndex"/> is that among
/// the file's.</param>
/// <param name="SkippedAtEnd">Where the window ends at the payment: 1 if that is left out, 0 if
/// not.</param>
/// <param name="Units">What the value is a multiple of, in a major unit.</param>
internal readonly record struct DifferencePlan(
    Aggregate Aggregate, int Index, int FeatureIndex, int Begin, int End, int First, int Second, int SkippedAtEnd, double Units)
{
    public DifferencePlan(FeaturePlan plan, double units)
        : this(plan.Feature.Aggregate, plan.Index, plan.Feature.Index, plan.Begin, plan.End, plan.First, plan.Second, plan.Feature.ExcludesCurrent ? 1 : 0, units)
    {
    }

    /// <summary>Totals of more than a word are read by the others' way.</summary>
    public static bool Fits(FeaturePlan plan, IReadOnlyList<Series> series) =>
        plan.Begin >= 0 && plan.Feature.Aggregate is (Aggregate.Count or Aggregate.Sum or Aggregate.Mean or Aggregate.Risk)
        && (plan.SecondSeries < 0 || series[plan.SecondSeries].Words == 1);
}
