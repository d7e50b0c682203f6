namespace StreamScoring.Quality;

/// <summary>
/// Payments of some tallies by what is known of them, each counted by its weight.
/// </summary>
/// <param name="isSilenceGenuine">See <see cref="QualityOptions.IsSilenceGenuine"/>.</param>
internal sealed class QualitySum(bool isSilenceGenuine)
{
    /// <summary>Of the normal distribution: 95 % lie within it on both sides.</summary>
    private const double Z = 1.959964;

    private long _frauds, _genuine, _silent, _blocked;

    /// <summary>Sums of squared weights: of payments that are judged, and of frauds.</summary>
    private double _judgedSquares, _fraudSquares;

    /// <summary>Of the payments that are judged, the sum of their probabilities.</summary>
    private double _probability;

    public QualityCounts Counts => new(_frauds + _genuine + _silent + _blocked, _frauds, _genuine, _silent, _blocked);

    public long Frauds => _frauds;

    /// <summary>Payments of which it is taken to be known.</summary>
    public long Judged => _frauds + _genuine + (isSilenceGenuine ? _silent : 0);

    /// <summary>How many frauds are to be expected by the model's probabilities.</summary>
    public double ExpectedFrauds => _probability;

    /// <summary>
    /// Share of frauds among those of which it is known; null where it is of none.
    /// </summary>
    public Proportion? Precision => Wilson(_frauds, Judged, _judgedSquares);

    public double? Expected => Judged == 0 ? null : _probability / Judged;

    public void Add(OutcomeTally tally, bool isBlocked, long weight)
    {
        var unlabelled = tally.Payments - tally.Frauds - tally.Genuine;
        var silent = isBlocked ? 0 : unlabelled;
        var isAllJudged = isSilenceGenuine && !isBlocked;
        _frauds += weight * tally.Frauds;
        _genuine += weight * tally.Genuine;
        _silent += weight * silent;
        _blocked += weight * (unlabelled - silent);
        _fraudSquares += (double)weight * weight * tally.Frauds;
        _judgedSquares += (double)weight * weight * (tally.Frauds + tally.Genuine + (isAllJudged ? silent : 0));
        _probability += weight * (isAllJudged ? tally.Probability : tally.LabelledProbability);
    }

    /// <summary>The share of these frauds among all frauds; null where there are none.</summary>
    public Proportion? RecallOf(QualitySum all) => Wilson(_frauds, all._frauds, all._fraudSquares);

    /// <remarks>
    /// The score interval of Wilson, 1927. Payments of unequal weight tell as much as (sum of
    /// weights)² / (sum of their squares) of equal weight: Kish, Survey Sampling, 1965.
    /// </remarks>
    private static Proportion? Wilson(long count, long all, double squares)
    {
        if (all == 0)
        {
            return null;
        }

        var (share, n) = ((double)count / all, (double)all * all / squares);
        var (centre, half) = (share + (Z * Z / (2 * n)), Z * Math.Sqrt((share * (1 - share) / n) + (Z * Z / (4 * n * n))));
        var scale = 1 + (Z * Z / n);
        // Where all or none are, the end is the share itself, but for rounding.
        return new Proportion(share, count == 0 ? 0 : Math.Max(0, (centre - half) / scale), count == all ? 1 : Math.Min(1, (centre + half) / scale));
    }
}
