namespace StreamScoring.Contracts;

/// <summary>
/// ISO 4217 currencies under a small index, with the exponent of their minor unit.
/// </summary>
/// <remarks>
/// Source: ISO 4217 list one (active codes), and codes that were retired since 2020, so that an old
/// payment can be replayed.
/// </remarks>
public static class CurrencyTable
{
    /// <summary>The largest exponent of any currency.</summary>
    public const int ExponentMax = 4;

    private const string NoMinorUnit = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    private const string Hundredths =
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP "
        + "COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR "
        + "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK "
        + "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT "
        + "TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ZWL";
    private const string Thousandths = "BHD IQD JOD KWD LYD OMR TND";
    private const string TenThousandths = "CLF UYW";

    private static readonly (string Code, int Exponent)[] Rows =
    [
        .. CodesOf(NoMinorUnit, 0), .. CodesOf(Hundredths, 2), .. CodesOf(Thousandths, 3), .. CodesOf(TenThousandths, 4),
    ];

    private static readonly byte[] Exponents = [.. Rows.Select(row => (byte)row.Exponent)];

    private static readonly int[] Numbers = [.. Rows.Select(row => NumberOf(row.Code))];

    /// <summary>
    /// Index by the three letters as a number in base 26; -1 where there is no such currency.
    /// </summary>
    private static readonly short[] ByLetters = BuildByLetters();

    /// <param name="code">Three capital letters.</param>
    /// <returns>False for anything that is not a currency of the list.</returns>
    public static bool TryFind(ReadOnlySpan<byte> code, out short currencyIndex)
    {
        currencyIndex = -1;
        if (code.Length != 3)
        {
            return false;
        }

        var number = 0;
        foreach (var letter in code)
        {
            if (letter is < (byte)'A' or > (byte)'Z')
            {
                return false;
            }

            number = (number * 26) + (letter - 'A');
        }

        currencyIndex = ByLetters[number];
        return currencyIndex >= 0;
    }

    private static readonly double[] PowersOfTen = [1, 10, 100, 1000, 10_000];

    /// <summary>
    /// An amount in major units: minor units divided by a power of ten, one correctly rounded
    /// division.
    /// </summary>
    public static double MajorOf(long amountMinor, short currencyIndex) => amountMinor / PowersOfTen[ExponentOf(currencyIndex)];

    /// <summary>Decimal digits of the minor unit: 2 for EUR, 0 for JPY.</summary>
    public static int ExponentOf(short currencyIndex) => Exponents[currencyIndex];

    /// <summary>All codes, for suggestions.</summary>
    public static IEnumerable<string> Codes => Rows.Select(row => row.Code);

    public static string CodeOf(short currencyIndex) => Rows[currencyIndex].Code;

    /// <summary>
    /// The code's three letters as one number, which stays what it is when currencies come and go.
    /// </summary>
    public static int NumberOf(short currencyIndex) => Numbers[currencyIndex];

    private static IEnumerable<(string, int)> CodesOf(string list, int exponent) => list.Split(' ').Select(code => (code, exponent));

    private static int NumberOf(string code) => ((((code[0] - 'A') * 26) + (code[1] - 'A')) * 26) + (code[2] - 'A');

    private static short[] BuildByLetters()
    {
        var table = new short[26 * 26 * 26];
        Array.Fill(table, (short)-1);
        for (var i = 0; i < Rows.Length; i++)
        {
            table[NumberOf(Rows[i].Code)] = (short)i;
        }

        return table;
    }
}
