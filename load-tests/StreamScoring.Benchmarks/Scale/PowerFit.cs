namespace StreamScoring.Benchmarks.Scale;

/// <summary>
/// The straight line through points on logarithmic axes: y grows as x to the power of its slope.
/// </summary>
internal static class PowerFit
{
    /// <remarks>Least squares: Legendre, 1805.</remarks>
    public static double Slope(IReadOnlyList<(double X, double Y)> points)
    {
        Invariant.Require(points.Count >= 2);
        var logs = points.Select(point => (X: Math.Log(point.X), Y: Math.Log(point.Y))).ToList();
        var (meanX, meanY) = (logs.Average(log => log.X), logs.Average(log => log.Y));
        return logs.Sum(log => (log.X - meanX) * (log.Y - meanY)) / logs.Sum(log => (log.X - meanX) * (log.X - meanX));
    }

    /// <summary>
    /// The steepest step from one point to the next, which a line through all would hide.
    /// </summary>
    public static double Steepest(IReadOnlyList<(double X, double Y)> points) =>
        Enumerable.Range(1, points.Count - 1).Max(i => Slope([points[i - 1], points[i]]));
}
