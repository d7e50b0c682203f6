namespace StreamScoring.Contracts;

/// <summary>What stands between two digits.</summary>
internal enum DigitSeparator : byte
{
    None,
    Blank,
    Dash,

    /// <summary>Other punctuation, or more than one character.</summary>
    Other,
}
