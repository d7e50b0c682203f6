namespace StreamScoring.Features;

/// <summary>
/// Weights of decayed features as whole numbers, so that their sums are exact whatever the order
/// and the grouping. Time is cut into segments of 16 half-lives at fixed places; an event weighs
/// 2^(its place in the segment, in half-lives) × 2^44, rounded. A segment's sum is scaled to the
/// payment's time once, in the last step.
/// </summary>
/// <remarks>
/// A weight is below 2^60 and off by less than 2^-45 of itself, a value below 2^53, a key has fewer
/// than 2^14 rows: so a segment's sum stays below 2^127. Segments that lie four or more before the
/// payment's weigh less than 2^-48 × 2^-16 and are left out.
/// </remarks>
internal static class DecayWeight
{
    /// <summary>
    /// Half-lives of a segment, and segments that are looked at: the payment's own and those
    /// before.
    /// </summary>
    public const int SegmentHalfLives = 16, Segments = 5;

    private const int FractionBits = 44, StepsLog2 = 6, Steps = 1 << StepsLog2, DoubleExponentBits = 52, DoubleBias = 1023;

    private const double Ln2 = 0.693147180559945309417232121458;

    private static readonly double[] PowersOfStep = [.. Enumerable.Range(0, Steps).Select(step => Math.Pow(2, step / (double)Steps))];

    public static long SegmentMs(long halfLifeMs) => SegmentHalfLives * halfLifeMs;

    /// <param name="placeMs">Event time since the beginning of its segment.</param>
    public static long Of(long placeMs, long halfLifeMs) => (long)Exp2((placeMs / (double)halfLifeMs) + FractionBits);

    /// <summary>What a segment's sum counts for at a time.</summary>
    /// <param name="sinceMs">From the beginning of the segment to that time.</param>
    public static double Scale(long sinceMs, long halfLifeMs) => Exp2((-sinceMs / (double)halfLifeMs) - FractionBits);

    /// <summary>
    /// 2^x by a table of 64 steps and five terms of the series for the rest: off by some 10^-15,
    /// and the same on every machine.
    /// </summary>
    /// <param name="x">Smaller than -1022 counts as minus infinity; below 1023.</param>
    public static double Exp2(double x)
    {
        if (!(x >= 1 - DoubleBias))
        {
            return 0;
        }

        var steps = (long)Math.Floor(x * Steps);
        var rest = (x - (steps / (double)Steps)) * Ln2;
        var series = 1 + (rest * (1 + (rest / 2 * (1 + (rest / 3 * (1 + (rest / 4 * (1 + (rest / 5)))))))));
        var power = BitConverter.Int64BitsToDouble(((steps >> StepsLog2) + DoubleBias) << DoubleExponentBits);
        return PowersOfStep[steps & (Steps - 1)] * series * power;
    }
}
