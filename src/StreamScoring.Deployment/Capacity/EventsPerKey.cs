namespace StreamScoring.Deployment.Capacity;

/// <summary>
/// How many events the keys of an entity have in sight: n ≥ 1 with probability (1 − q) q^(n − 1).
/// That is what a count by Poisson gives where keys differ in how often they pay as an exponential
/// distribution does: most pay seldom, a few all the time.
/// </summary>
/// <param name="Mean">From 1 on.</param>
internal readonly record struct EventsPerKey(double Mean)
{
    private double Q => 1 - (1 / Mean);

    /// <summary>The share of keys that have more than n.</summary>
    public double Beyond(double n) => Math.Pow(Q, n);

    /// <summary>The mean of what is left where a key shows at most n.</summary>
    public double MeanUpTo(double n) => Mean * (1 - Beyond(n));

    /// <summary>
    /// Where each payment is folded with a probability: the share of keys of which at least one is.
    /// Of them, each has <see cref="ThinnedTo"/>.
    /// </summary>
    /// <param name="share">From 0 to 1.</param>
    public double SeenBy(double share) => share == 0 ? 0 : Mean * share / ((Mean * share) + 1 - share);

    public EventsPerKey ThinnedTo(double share) => new((Mean * share) + 1 - share);
}
