namespace StreamScoring.Scoring;

/// <summary>What became of a batch that a shadow model was to score.</summary>
public enum ShadowOutcome : byte
{
    Scored,

    /// <summary>The model threw.</summary>
    Failed,

    /// <summary>It had no answer when the batch had waited as long as it may.</summary>
    Slow,

    /// <summary>It was not asked, as it has not yet answered for an earlier batch.</summary>
    Busy,

    /// <summary>It was not asked, as it was slow or failed lately.</summary>
    Resting,
}
