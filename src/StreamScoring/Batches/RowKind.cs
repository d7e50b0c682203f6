namespace StreamScoring.Batches;

/// <summary>What a row turned out to be once it was decoded.</summary>
public enum RowKind : byte
{
    /// <summary>Not decoded yet.</summary>
    Raw,

    /// <summary>A valid payment: folded, and decided where this process owns its log.</summary>
    Payment,

    /// <summary>A valid label: folded only.</summary>
    Label,

    /// <summary>
    /// What changes the policy: a record of the control log, or of the log of lists. It holds from
    /// the next batch on.
    /// </summary>
    Policy,

    /// <summary>
    /// None of these: it goes to the dead letters where this process owns its log.
    /// </summary>
    Rejected,
}
