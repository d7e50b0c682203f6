namespace StreamScoring.Host.Differing;

/// <summary>Why a feature that was served is another than the one that is computed from tables.
/// </summary>
internal enum DifferenceCause
{
    /// <summary>Another feature file served it.</summary>
    FeatureFile,

    /// <summary>The decision repeats that of the payment's first publication.</summary>
    Duplicate,

    /// <summary>
    /// Payments came in another order than that of their event times: folded in the order in which
    /// they were decided, the tables give what was served.
    /// </summary>
    Late,

    /// <summary>The decision says that the feature is an estimate, and it lies within its bound.
    /// </summary>
    Approximate,

    /// <summary>
    /// The decision says that the feature is approximate and not by how much: events were evicted
    /// before their time, or came later than <c>lateness</c> allows.
    /// </summary>
    Evicted,

    /// <summary>The feature looks at labels, and those of the deployment came at other times.
    /// </summary>
    Labels,

    /// <summary>The deployment knew other payments than the tables hold.</summary>
    History,
}
