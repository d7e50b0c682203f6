namespace StreamScoring.Deployment;

/// <summary>What a reader of decisions has to do to see each payment's decision once.</summary>
public enum Delivery
{
    /// <summary>
    /// Drop positions that it saw before: a process that was replaced and does not know it yet may
    /// repeat some.
    /// </summary>
    Idempotent,

    /// <summary>
    /// Read what is committed: decisions and consumed offsets are written in one transaction.
    /// </summary>
    Transactional,
}
