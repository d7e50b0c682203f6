namespace StreamScoring.Workloads;

public static class Statistics
{
    /// <summary>The middle value; of an even number, the mean of the two in the middle.</summary>
    public static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Median, smallest and largest, as results are stated.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        var all = values.ToArray();
        return new Spread(Rounded(Median(all)), Rounded(all.Min()), Rounded(all.Max()));
    }

    /// <summary>Four significant digits: more would be noise.</summary>
    public static double Rounded(double value) =>
        value == 0 || !double.IsFinite(value) ? value
        : Math.Round(value, Math.Clamp(3 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 15));

    public readonly record struct Spread(double Median, double Min, double Max);
}
