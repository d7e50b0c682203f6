namespace StreamScoring.Scoring;

/// <summary>
/// What a model is for. In this order they stand in for each other: where one has no number for a
/// payment, the next one that there is is asked.
/// </summary>
public enum ModelRole : byte
{
    /// <summary>Decides for a share of an entity.</summary>
    Canary,

    /// <summary>Decides for all others.</summary>
    Champion,

    /// <summary>The champion before, which stands in for the one of now.</summary>
    Previous,

    /// <summary>The small model of the deadline ladder.</summary>
    Fallback,
}
