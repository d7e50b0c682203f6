namespace StreamScoring.Contracts;

/// <summary>
/// Which numbers the card networks issue, by their first digits and their length.
/// </summary>
/// <remarks>
/// Source: the networks' published issuer ranges (ISO/IEC 7812-1 register). Up to 16 digits every
/// range counts. Beyond that only those do under which such long numbers are in use, unless more
/// than the digits says that it is a card.
/// </remarks>
internal static class CardNetworks
{
    public const int DigitsMin = 13, DigitsMax = 19;

    /// <summary>Whether numbers of this length are issued under the first four digits.</summary>
    public static bool Issue(int first4, int length) => length switch
    {
        13 => first4 / 1000 == 4 || IsMaestro(first4),
        14 => IsDiners(first4) || first4 is >= 3000 and <= 3059 || first4 / 10 == 309 || IsMaestro(first4),
        15 => IsAmex(first4) || first4 is 2014 or 2149 or 2131 or 1800 || IsMaestro(first4),
        16 => IsLarge(first4) || IsDiscoverOrUnionPay(first4) || IsJcb(first4) || IsMir(first4) || IsDiners(first4) || IsMaestro(first4),
        >= 17 and <= DigitsMax => IssueLong(first4),
        _ => false,
    };

    /// <summary>
    /// Whether a network's rules allow such a number, issued or not: for digits that are grouped as
    /// cards are.
    /// </summary>
    public static bool Allow(int first4, int length) =>
        Issue(first4, length)
        || (length is >= 17 and <= DigitsMax
            && (IsDiscoverOrUnionPay(first4) || IsJcb(first4) || IsMaestro(first4) || (length == DigitsMax && first4 / 1000 == 4)));

    /// <summary>
    /// Visa and Mastercard of 16 digits, American Express of 15: most cards there are, and few of
    /// all numbers.
    /// </summary>
    public static bool IsLarge(int first4, int length) => length == 16 ? IsLarge(first4) : length == 15 && IsAmex(first4);

    /// <summary>UnionPay, girocard and Maestro, Mir, Verve.</summary>
    private static bool IssueLong(int first4) =>
        first4 / 100 is 62 or 67
        || first4 is (>= 8100 and <= 8171) or 5018 or 5020 or 5038 or 5641 or 5893 or 6304 or 6331 or 6333
        || first4 is 5060 or 5061 or 5078 or 5079 or 6500
        || IsMir(first4);

    private static bool IsLarge(int first4) => first4 / 1000 == 4 || first4 is (>= 5100 and <= 5599) or (>= 2221 and <= 2720);

    private static bool IsAmex(int first4) => first4 / 100 is 34 or 37;

    private static bool IsDiners(int first4) => first4 / 100 is 36 or 38 or 39;

    private static bool IsJcb(int first4) => first4 is >= 3528 and <= 3589;

    private static bool IsMir(int first4) => first4 is >= 2200 and <= 2204;

    private static bool IsDiscoverOrUnionPay(int first4) => first4 / 10 is >= 644 and <= 649 || first4 / 100 is 60 or 62 or 65 or 81;

    private static bool IsMaestro(int first4) => first4 / 100 is 50 or 56 or 57 or 58 or 63 or 67;
}
