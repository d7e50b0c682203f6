namespace StreamScoring.Features;

/// <summary>
/// Numbers fold as whole numbers of a small unit, so that totals are exact and independent of order. The amount's unit, 10^-4 of a major
/// unit, holds every ISO 4217 exponent; an attribute's is 10^-6.
/// </summary>
internal static class ScaledValue
{
    public const double AmountUnits = 10_000, AttributeUnits = 1_000_000;

    /// <summary>Beyond this an attribute is missing: the square of 4096 such values still fits in 128 bits.</summary>
    private const double AttributeMax = 9e9;

    private static readonly long[] AmountFactors = [10_000, 1000, 100, 10, 1];

    /// <param name="amountMinor">At most 10^11 major units, as ingest checked: 4096 of them add up to less than 2^63.</param>
    public static long OfAmount(long amountMinor, int exponent) => amountMinor * AmountFactors[exponent];

    public static long OfAttribute(double value) =>
        Math.Abs(value) <= AttributeMax ? (long)Math.Round(value * AttributeUnits) : EntityState.MissingValue;
}
