namespace StreamScoring.Scoring;

/// <summary>What became of a payment that a shadow model was to score.</summary>
public enum ShadowOutcome : byte
{
    /// <summary>The decision has its answer.</summary>
    Scored,

    /// <summary>It answered when the decision was on its way.</summary>
    Late,

    /// <summary>It gave no number.</summary>
    Failed,

    /// <summary>It was not asked, as too many payments wait for it.</summary>
    Busy,

    /// <summary>It was not asked, as it failed lately.</summary>
    Resting,

    /// <summary>It had not come to it when the policy or the process ended.</summary>
    Ended,
}
