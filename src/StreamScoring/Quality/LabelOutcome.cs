namespace StreamScoring.Quality;

/// <summary>What became of a label.</summary>
public enum LabelOutcome
{
    /// <summary>It is the first one of a held payment.</summary>
    Joined,

    /// <summary>It says otherwise than the one before.</summary>
    Corrected,

    /// <summary>It says the same as the one before.</summary>
    Repeated,

    /// <summary>A label is held that became known later.</summary>
    Superseded,

    /// <summary>
    /// Its payment is not held: another process decided it, no decision was seen, or it is not in
    /// the share that is held. It waits for a decision that may come yet.
    /// </summary>
    NotHeld,

    /// <summary>Its payment's day is not held: too long ago, or ahead.</summary>
    OtherDay,
}
