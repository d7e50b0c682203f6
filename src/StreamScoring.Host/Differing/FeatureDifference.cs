namespace StreamScoring.Host.Differing;

/// <summary>One feature of one payment that was served otherwise than it is computed.</summary>
/// <param name="Row">Of the served table.</param>
/// <param name="Feature">By the feature file.</param>
/// <param name="Served">NaN for a missing one, or a text.</param>
/// <param name="Computed">Likewise.</param>
internal sealed record FeatureDifference(string PaymentId, int Row, int Feature, double Served, double Computed, string? ServedText, string? ComputedText)
{
    public DifferenceCause Cause { get; set; } = DifferenceCause.History;

    /// <summary>Within so much of the larger one two numbers are the same: sums of floating point
    /// differ by the order of their terms.</summary>
    public const double Tolerance = 1e-9;

    public static bool AreSame(double served, double computed, double bound = 0) => served.Equals(computed)
        || Math.Abs(served - computed) <= bound + (Tolerance * Math.Max(Math.Abs(served), Math.Abs(computed)));
}
