namespace StreamScoring.Features;

/// <summary>
/// Numbers fold as whole numbers of a small unit, so that totals are exact and independent of
/// order. The amount's unit, 10^-4 of a major unit, holds every ISO 4217 exponent; an attribute's
/// is 10^-6.
/// </summary>
internal static class ScaledValue
{
    public const double AmountUnits = 10_000, AttributeUnits = 1_000_000;

    /// <summary>
    /// Beyond this an attribute does not fold: 9·10^15 units are the most that a double tells
    /// apart, and <see cref="TotalWidth"/> counts on it.
    /// </summary>
    public const double AttributeMax = 9e9;

    /// <summary>Major units; what ingest takes of an amount in its own currency.</summary>
    public const double AmountMax = 1e11;

    private static readonly long[] AmountFactors = [10_000, 1000, 100, 10, 1];

    /// <param name="amountMinor">At most 10^11 major units, as ingest checked.</param>
    public static long OfAmount(long amountMinor, int exponent) => amountMinor * AmountFactors[exponent];

    /// <inheritdoc cref="OfAttribute"/>
    /// <param name="value">In major units.</param>
    public static long OfBaseAmount(double value) => Of(value, AmountMax, AmountUnits);

    /// <returns>Missing where there is none, and <see cref="EntityState.ValueOutOfRange"/> where it
    /// is too large to fold.</returns>
    public static long OfAttribute(double value) => Of(value, AttributeMax, AttributeUnits);

    private static long Of(double value, double max, double units) =>
        Math.Abs(value) <= max ? (long)Math.Round(value * units)
        : double.IsNaN(value) ? EntityState.MissingValue
        : EntityState.ValueOutOfRange;
}
