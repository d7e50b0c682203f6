using StreamScoring.Training.Fitting;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training;

/// <summary>How much a model leans on each of its inputs.</summary>
internal static class InputWeights
{
    /// <summary>
    /// So many rows tell a mean to some percent, and are explained within a second.
    /// </summary>
    private const int RowsMax = 1024;

    /// <param name="rows">Of training.</param>
    /// <returns>[inputs] The mean of the absolute contributions to the score, as a share of all
    /// inputs': they add up to 1, or are all 0.</returns>
    public static double[] Of(Contribute contribute, RowMatrix rows)
    {
        var count = Math.Min(RowsMax, rows.Count);
        var (sums, contributions) = (new double[rows.Columns], new double[rows.Columns]);
        for (var i = 0; i < count; i++)
        {
            contribute(rows[(int)((long)i * rows.Count / count)], contributions);
            for (var input = 0; input < sums.Length; input++)
            {
                sums[input] += Math.Abs(contributions[input]);
            }
        }

        var total = sums.Sum();
        return total > 0 ? Array.ConvertAll(sums, sum => sum / total) : sums;
    }
}
