namespace StreamScoring.Contracts;

/// <summary>
/// In which forms a text may hold a card number, told at a glance. None: it holds none.
/// </summary>
[Flags]
internal enum CardNumberHints
{
    None = 0,

    /// <summary>Thirteen digits, and as many characters in a row that are no letters.</summary>
    Digits = 1,

    /// <summary>As many threes as the hexadecimal form of thirteen digits has.</summary>
    Hex = 2,

    /// <summary>Letters that the base 64 form of thirteen digits has.</summary>
    Base64 = 4,

    /// <summary>Percent signs, backslashes or ampersands before thirteen digits.</summary>
    Escapes = 8,

    /// <summary>Control characters: two digits may be packed in each.</summary>
    Packed = 16,
}
