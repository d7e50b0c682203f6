namespace StreamScoring.Generator;

/// <summary>
/// Countries of the generated world with their currency; amounts are drawn in euros and converted
/// at a round rate.
/// </summary>
internal static class Country
{
    public static readonly (string Code, string Currency, double PerEuro, int Decimals)[] All =
    [
        ("DE", "EUR", 1, 2), ("FR", "EUR", 1, 2), ("ES", "EUR", 1, 2), ("IT", "EUR", 1, 2), ("GB", "GBP", 0.85, 2), ("US", "USD", 1.1, 2),
        ("PL", "PLN", 4.3, 2), ("JP", "JPY", 160, 0), ("KW", "KWD", 0.33, 3), ("BR", "BRL", 6, 2), ("NG", "NGN", 1700, 2), ("SG", "SGD", 1.45, 2),
    ];
}
