namespace StreamScoring.Mapping;

/// <summary>What becomes of a row with an amount below 0.</summary>
public enum RefundRule
{
    /// <summary>It is an error.</summary>
    Refuse,

    /// <summary>The row is left out, and counted.</summary>
    Skip,

    /// <summary>Its sign is dropped.</summary>
    Absolute,
}
