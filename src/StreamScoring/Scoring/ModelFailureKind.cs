namespace StreamScoring.Scoring;

/// <summary>What a model did instead of giving a probability.</summary>
public enum ModelFailureKind : byte
{
    /// <summary>It threw.</summary>
    Failed,

    /// <summary>Its call took longer than it may, and was ended.</summary>
    TimedOut,

    /// <summary>
    /// Its call was ended as nobody waits for it any more: the process leaves, or the graph is
    /// over.
    /// </summary>
    Stopped,

    /// <summary>Its output was said to be a probability, and lies outside 0..1.</summary>
    NoProbability,

    /// <summary>Its output was not a number.</summary>
    NoNumber,

    /// <summary>Its reasons could not be found out; the score stands.</summary>
    NoReasons,
}
