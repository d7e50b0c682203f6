namespace StreamScoring.Features;

/// <summary>Where a feature finds its columns.</summary>
/// <param name="Index">Among the entity's features.</param>
/// <param name="Begin">Index of the offset at which the window begins; -1 where it has no begin in
/// time.</param>
/// <param name="End">Index of the offset at which it ends; -1 where it ends at the payment
/// itself.</param>
/// <param name="Value">Index of the numeric value; -1 where none.</param>
/// <param name="First">The count column of totals (-1: positions count), the raw column, or the
/// index of the distinct columns.</param>
/// <param name="Second">The sum or fraud column.</param>
/// <param name="Third">The column of squares.</param>
/// <param name="LastCountColumn">For a window of the last n: the count column that finds its begin;
/// -1: positions do.</param>
/// <param name="SecondSeries">Index of the series that stands in the second column; -1 for none.
/// Likewise the third.</param>
internal sealed record FeaturePlan(
    FeatureDefinition Feature, int Index, int Begin, int End, int Value, int First, int Second, int Third, int LastCountColumn, int SecondSeries, int ThirdSeries);
