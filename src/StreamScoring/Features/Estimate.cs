namespace StreamScoring.Features;

/// <summary>A feature's value, and how far it may be off.</summary>
/// <param name="Bound">0: exact; NaN: not known.</param>
internal readonly record struct Estimate(double Value, double Bound)
{
    public static Estimate Exact(double value) => new(value, 0);

    public static Estimate Unbounded(double value) => new(value, double.NaN);

    public static Estimate Between(double low, double high) => low == high ? Exact(low) : new((low + high) / 2, (high - low) / 2);
}
