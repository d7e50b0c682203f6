namespace StreamScoring.Mapping;

/// <summary>Why a source's value makes no field.</summary>
public enum MapReason
{
    /// <summary>It makes one.</summary>
    None,

    /// <summary>A field that each payment has is empty.</summary>
    Missing,

    /// <summary>No time of the format that the plan names.</summary>
    NoTime,

    /// <summary>No number.</summary>
    NoNumber,

    /// <summary>An amount below 0, which the plan does not allow.</summary>
    Negative,

    /// <summary>An amount with more decimals than its currency has.</summary>
    Fraction,

    /// <summary>An amount beyond 64 bits.</summary>
    TooLarge,

    /// <summary>An amount that is written with the code of another currency.</summary>
    OtherCurrency,

    /// <summary>No code of ISO 4217.</summary>
    NoCurrency,

    /// <summary>Not one of the words for fraud or genuine.</summary>
    NoLabel,

    /// <summary>The row is no payment by the plan's own rule; nothing is wrong with it.</summary>
    Skipped,
}
