namespace StreamScoring.Drift;

/// <summary>
/// The population stability index of a sample against a reference: 0 where both are distributed
/// alike.
/// </summary>
/// <param name="Value">Sum over the bins of (a − e) · ln(a / e), where a is the share of the sample
/// and e that of the reference.</param>
/// <param name="Critical">What the value exceeds in one of a thousand samples that are drawn from
/// the reference's own distribution, row by row.</param>
/// <param name="BinCount">That are compared.</param>
/// <remarks>
/// Without drift, value / (1/n + 1/m) is distributed as chi-square with one degree of freedom less
/// than there are bins; n and m are the rows of both: Yurdakul and Naranjo, Statistical properties
/// of the population stability index, Journal of Risk Model Validation 14(4), 2020. The quantile is
/// that of Wilson and Hilferty, PNAS 17, 1931; for few bins it is up to four percent high. That
/// holds where a bin expects some rows, so those that expect less than five are taken together with
/// their neighbours: Cochran, Biometrics 10, 1954. A bin that has none counts as half a row.
/// </remarks>
public readonly record struct StabilityIndex(double Value, double Critical, int BinCount)
{
    private const double ExpectedRowsMin = 5;

    private const double EmptyBinRows = 0.5;

    /// <summary>Of the standard normal distribution: one in a thousand lies above.</summary>
    private const double Quantile = 3.0902323;

    /// <param name="counts">[bins] The sample's, by weight.</param>
    /// <param name="shares">[bins] The reference's.</param>
    /// <param name="sampleRows">How many rows of equal weight would tell as much as the
    /// sample.</param>
    /// <param name="referenceRows">Null where it is not known: very many.</param>
    /// <returns>Null where there are too few rows to compare two bins.</returns>
    public static StabilityIndex? Of(ReadOnlySpan<long> counts, IReadOnlyList<double> shares, double sampleRows, long? referenceRows)
    {
        ArgumentNullException.ThrowIfNull(shares);
        Invariant.Require(counts.Length == shares.Count);
        // Shares on a card are rounded.
        double total = 0, sharesTotal = 0;
        for (var bin = 0; bin < counts.Length; bin++)
        {
            total += counts[bin];
            sharesTotal += shares[bin];
        }

        if (total == 0)
        {
            return null;
        }

        var (value, binCount, expectedLeft) = (0.0, 0, 1.0);
        double actual = 0, expected = 0;
        for (var bin = 0; bin < counts.Length; bin++)
        {
            actual += counts[bin] / total;
            expected += shares[bin] / sharesTotal;
            // The last bins go with the one before them where they are too few by themselves.
            if (expected * sampleRows >= ExpectedRowsMin && (expectedLeft - expected) * sampleRows >= ExpectedRowsMin)
            {
                Close(sampleRows);
            }
        }

        Close(sampleRows);
        return binCount < 2 ? null : new StabilityIndex(value, ChiSquareQuantile(binCount - 1) * ((1 / sampleRows) + (referenceRows is > 0 and var rows ? 1.0 / rows : 0)), binCount);

        void Close(double rows)
        {
            var share = Math.Max(actual, EmptyBinRows / rows);
            value += (share - expected) * Math.Log(share / expected);
            binCount++;
            expectedLeft -= expected;
            (actual, expected) = (0, 0);
        }
    }

    /// <summary>What a chi-square exceeds once in a thousand times.</summary>
    internal static double ChiSquareQuantile(int degreesOfFreedom)
    {
        var variance = 2.0 / (9 * degreesOfFreedom);
        return degreesOfFreedom * Math.Pow(1 - variance + (Quantile * Math.Sqrt(variance)), 3);
    }
}
