namespace StreamScoring.Training.Fitting;

/// <summary>
/// Probabilities that rise with the model's, and are what happened. Between its points the curve is
/// a line, so that payments keep their order between its ends.
/// </summary>
/// <remarks>
/// Pool adjacent violators: M. Ayer and others, An empirical distribution function for sampling
/// with incomplete information, 1955; for classifiers B. Zadrozny and C. Elkan, KDD 2002.
/// </remarks>
internal static class IsotonicCurve
{
    /// <param name="probabilities">[rows] Of rows that the model was not fitted to.</param>
    /// <param name="frauds">[rows]</param>
    /// <returns>Points (probability, calibrated probability), both rising.</returns>
    public static IReadOnlyList<(double From, double To)> Fit(IReadOnlyList<double> probabilities, IReadOnlyList<bool> frauds)
    {
        var blocks = new List<(double Sum, double Frauds, double Rows)>();
        // Rows of one probability are one block from the start: they cannot be told apart.
        foreach (var tie in Enumerable.Range(0, frauds.Count).GroupBy(row => probabilities[row]).OrderBy(tie => tie.Key))
        {
            var rows = tie.Count();
            blocks.Add((tie.Key * rows, tie.Count(row => frauds[row]), rows));
            while (blocks.Count > 1 && ShareOf(blocks[^2]) >= ShareOf(blocks[^1]))
            {
                var last = blocks[^1];
                blocks.RemoveAt(blocks.Count - 1);
                blocks[^1] = (blocks[^1].Sum + last.Sum, blocks[^1].Frauds + last.Frauds, blocks[^1].Rows + last.Rows);
            }
        }

        var points = new List<(double From, double To)> { (0, 0) };
        foreach (var block in blocks)
        {
            // One more row of either kind: no payment is certain to be fraud, and the ends stay
            // slopes.
            var (from, to) = (block.Sum / block.Rows, block.Frauds == block.Rows ? (block.Frauds + 1) / (block.Rows + 2) : ShareOf(block));
            if (from > points[^1].From && from < 1 && to >= points[^1].To)
            {
                points.Add((from, to));
            }
        }

        points.Add((1, 1));
        return points;
    }

    private static double ShareOf((double Sum, double Frauds, double Rows) block) => block.Frauds / block.Rows;
}
