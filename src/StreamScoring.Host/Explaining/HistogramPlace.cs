using StreamScoring.Drift;

namespace StreamScoring.Host.Explaining;

/// <summary>Where a value lies among those that a model was trained on.</summary>
/// <param name="Below">Share of the training rows whose values lie in lower cells of the
/// histogram.</param>
/// <param name="Within">Share of those in the value's own cell.</param>
/// <param name="IsOutside">No training row had a value so small, or so great.</param>
internal readonly record struct HistogramPlace(double Below, double Within, bool IsOutside)
{
    /// <param name="value">Finite.</param>
    public static HistogramPlace Of(ReferenceHistogram histogram, double value)
    {
        // A value at an edge counts below it.
        var cell = 0;
        while (cell < histogram.Edges.Count && value > histogram.Edges[cell])
        {
            cell++;
        }

        return new HistogramPlace(histogram.Shares.Take(cell).Sum(), histogram.Shares[cell], value < histogram.Smallest || value > histogram.Largest);
    }
}
