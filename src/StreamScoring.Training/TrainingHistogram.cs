using StreamScoring.Drift;

namespace StreamScoring.Training;

/// <summary>How numbers of training rows are distributed, as a card says it.</summary>
internal static class TrainingHistogram
{
    /// <summary>
    /// Shares of values below the edges: what matters of probabilities lies among the highest.
    /// </summary>
    private static readonly double[] Tenths = [.. Enumerable.Range(1, 9).Select(i => i / 10.0)], TenthsAndTail = [.. Tenths, 0.95, 0.99, 0.999];

    /// <param name="values">Of all rows; NaN is missing.</param>
    public static ReferenceHistogram OfInput(string input, IEnumerable<float> values)
    {
        var all = values.ToList();
        var known = Known(all);
        return Of(input, known, Tenths) with
        {
            Missing = Math.Round((double)all.Count(float.IsNaN) / all.Count, 6),
            Smallest = known.Length == 0 ? null : known[0],
            Largest = known.Length == 0 ? null : known[^1],
        };
    }

    /// <param name="values">Of rows that the model was not fitted to.</param>
    public static ReferenceHistogram OfProbabilities(IEnumerable<float> values) => Of("", Known(values), TenthsAndTail);

    private static double[] Known(IEnumerable<float> values) => [.. values.Where(float.IsFinite).Select(value => (double)value).Order()];

    /// <param name="known">Ascending.</param>
    private static ReferenceHistogram Of(string input, double[] known, double[] below)
    {
        if (known.Length == 0)
        {
            return new ReferenceHistogram(input, [], [1]) { Rows = 0 };
        }

        double[] edges = [.. below.Select(share => known[(int)(known.Length * share)]).Distinct()];
        var counts = new int[edges.Length + 1];
        foreach (var value in known)
        {
            var at = Array.BinarySearch(edges, value);
            counts[at >= 0 ? at : ~at]++;
        }

        return new ReferenceHistogram(input, edges, [.. counts.Select(count => Math.Round((double)count / known.Length, 6))]) { Rows = known.Length };
    }
}
