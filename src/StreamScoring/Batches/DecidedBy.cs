namespace StreamScoring.Batches;

/// <summary>What decided a payment.</summary>
public enum DecidedBy : byte
{
    /// <summary>Its score, by the thresholds.</summary>
    Thresholds,

    /// <summary>No model gave a number, and <c>decide.unscoredAction</c> did.</summary>
    Unscored,

    /// <summary>It was published before and has its first decision again.</summary>
    Duplicate,

    /// <summary>A rule, which <see cref="RuleColumns.Deciding"/> names.</summary>
    Rule,
}
