namespace StreamScoring.Training.Evaluating;

/// <summary>
/// Draws of whole days, with replacement: payments of a day depend on each other, so rows drawn by
/// themselves would promise too much. Rows are drawn where there are no days, or one alone. All
/// measures see the same draws, so that two models are compared on the same days (Efron and
/// Tibshirani, An introduction to the bootstrap, 1993).
/// </summary>
public static class Bootstrap
{
    /// <param name="days">[rows] Null: rows are drawn.</param>
    /// <param name="measures">Each is told how often each row counts.</param>
    /// <returns>[draws] What the measures give; draws for which one of them gives none are left
    /// out.</returns>
    public static IReadOnlyList<double[]> Run(IReadOnlyList<int>? days, int rowCount, int draws, int seed, IReadOnlyList<Func<int[], double?>> measures, Action<int> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(progress);
        var (random, weights, drawn) = (new Random(seed), new int[rowCount], new List<double[]>());
        var distinct = days?.Distinct().Order().ToList() ?? [];
        int[] dayIndex = distinct.Count > 1 ? [.. days!.Select(day => distinct.BinarySearch(day))] : [];
        var times = new int[distinct.Count];
        for (var draw = 0; draw < draws; draw++)
        {
            cancel.ThrowIfCancellationRequested();
            if (dayIndex.Length > 0)
            {
                Draw(random, times);
                for (var row = 0; row < rowCount; row++)
                {
                    weights[row] = times[dayIndex[row]];
                }
            }
            else
            {
                Draw(random, weights);
            }

            double?[] values = [.. measures.Select(measure => measure(weights))];
            if (values.All(value => value is not null))
            {
                drawn.Add([.. values.Select(value => value!.Value)]);
            }

            progress(draw + 1);
        }

        return drawn;
    }

    /// <summary>Of drawn values the middle 95 %.</summary>
    /// <returns>Null where there are none.</returns>
    public static (double Low, double High)? Interval(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? null : (At(0.025), At(0.975));

        double At(double share)
        {
            var place = share * (sorted.Length - 1);
            var (below, part) = ((int)place, place - (int)place);
            return sorted[below] + (part * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
        }
    }

    /// <summary>As many draws as there are places, each counted at its own.</summary>
    private static void Draw(Random random, int[] times)
    {
        Array.Clear(times);
        for (var i = 0; i < times.Length; i++)
        {
            times[random.Next(times.Length)]++;
        }
    }
}
