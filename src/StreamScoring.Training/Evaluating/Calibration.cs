namespace StreamScoring.Training.Evaluating;

/// <summary>Whether probabilities are what happens.</summary>
public static class Calibration
{
    private const int Bins = 10;

    /// <summary>The mean of (probability − fraud)² (Brier, 1950).</summary>
    public static double Brier(LabelledScores scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        return Enumerable.Range(0, scores.Count).Average(row => Math.Pow(scores.Probabilities[row] - (scores.Frauds[row] ? 1 : 0), 2));
    }

    /// <summary>
    /// Ten bins of equal width over the probability: of each that has rows how many, their mean
    /// probability, and the share of frauds. The last one holds 1 too.
    /// </summary>
    public static IReadOnlyList<(int Rows, double Mean, double Share)> Curve(LabelledScores scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        return [.. Enumerable.Range(0, scores.Count).GroupBy(row => Math.Min((int)(scores.Probabilities[row] * Bins), Bins - 1)).OrderBy(bin => bin.Key)
            .Select(bin => (bin.Count(), bin.Average(row => scores.Probabilities[row]), bin.Average(row => scores.Frauds[row] ? 1.0 : 0.0)))];
    }

    /// <summary>
    /// The expected calibration error: |mean probability − share of frauds| of each bin, weighted
    /// by its rows (Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks,
    /// 2017).
    /// </summary>
    public static double Error(LabelledScores scores) => Curve(scores).Sum(bin => bin.Rows * Math.Abs(bin.Mean - bin.Share)) / scores.Count;
}
