namespace StreamScoring.Files;

/// <summary>Currencies by what people call them, for proposals.</summary>
internal static class CurrencyNames
{
    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["US Dollar"] = "USD",
        ["Dollar"] = "USD",
        ["Euro"] = "EUR",
        ["Swiss Franc"] = "CHF",
        ["Yuan"] = "CNY",
        ["Renminbi"] = "CNY",
        ["Shekel"] = "ILS",
        ["Rupee"] = "INR",
        ["UK Pound"] = "GBP",
        ["Pound"] = "GBP",
        ["Pound Sterling"] = "GBP",
        ["Ruble"] = "RUB",
        ["Yen"] = "JPY",
        ["Canadian Dollar"] = "CAD",
        ["Australian Dollar"] = "AUD",
        ["Mexican Peso"] = "MXN",
        ["Saudi Riyal"] = "SAR",
        ["Brazil Real"] = "BRL",
        ["Real"] = "BRL",
        ["Zloty"] = "PLN",
        ["Swedish Krona"] = "SEK",
        ["Norwegian Krone"] = "NOK",
        ["Danish Krone"] = "DKK",
        ["Rand"] = "ZAR",
        ["Turkish Lira"] = "TRY",
        ["Won"] = "KRW",
    };

    /// <returns>Null where it is none of them.</returns>
    public static string? CodeOf(string name) => Names.GetValueOrDefault(name.Trim());

    /// <summary>By the sign beside an amount.</summary>
    /// <returns>Null where there is none that one currency has.</returns>
    public static string? OfMark(string amount) =>
        amount.Contains('€', StringComparison.Ordinal) ? "EUR"
        : amount.Contains('£', StringComparison.Ordinal) ? "GBP"
        : amount.Contains('₹', StringComparison.Ordinal) ? "INR"
        : amount.Contains('$', StringComparison.Ordinal) ? "USD"
        : null;
}
