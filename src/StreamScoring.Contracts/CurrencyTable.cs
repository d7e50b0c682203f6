namespace StreamScoring.Contracts;

/// <summary>
/// ISO 4217 currencies under a small index, with the exponent of their minor unit.
/// </summary>
/// <remarks>
/// Source: ISO 4217 list one (active codes), and codes that were retired since 2020, so that an old
/// payment can be replayed. Behind the letters stands the numeric code.
/// </remarks>
public static class CurrencyTable
{
    /// <summary>The largest exponent of any currency.</summary>
    public const int ExponentMax = 4;

    private const string NoMinorUnit = "BIF108 CLP152 DJF262 GNF324 ISK352 JPY392 KMF174 KRW410 PYG600 RWF646 UGX800 UYI940 VND704 VUV548 XAF950 XOF952 XPF953";
    private const string Hundredths =
        "AED784 AFN971 ALL008 AMD051 ANG532 AOA973 ARS032 AUD036 AWG533 AZN944 BAM977 BBD052 BDT050 BGN975 BMD060 BND096 BOB068 "
        + "BOV984 BRL986 BSD044 BTN064 BWP072 BYN933 BZD084 CAD124 CDF976 CHE947 CHF756 CHW948 CNY156 COP170 COU970 CRC188 CUC931 "
        + "CUP192 CVE132 CZK203 DKK208 DOP214 DZD012 EGP818 ERN232 ETB230 EUR978 FJD242 FKP238 GBP826 GEL981 GHS936 GIP292 GMD270 "
        + "GTQ320 GYD328 HKD344 HNL340 HRK191 HTG332 HUF348 IDR360 ILS376 INR356 IRR364 JMD388 KES404 KGS417 KHR116 KPW408 KYD136 "
        + "KZT398 LAK418 LBP422 LKR144 LRD430 LSL426 MAD504 MDL498 MGA969 MKD807 MMK104 MNT496 MOP446 MRU929 MUR480 MVR462 MWK454 "
        + "MXN484 MXV979 MYR458 MZN943 NAD516 NGN566 NIO558 NOK578 NPR524 NZD554 PAB590 PEN604 PGK598 PHP608 PKR586 PLN985 QAR634 "
        + "RON946 RSD941 RUB643 SAR682 SBD090 SCR690 SDG938 SEK752 SGD702 SHP654 SLE925 SLL694 SOS706 SRD968 SSP728 STN930 SVC222 "
        + "SYP760 SZL748 THB764 TJS972 TMT934 TOP776 TRY949 TTD780 TWD901 TZS834 UAH980 USD840 USN997 UYU858 UZS860 VED926 VES928 "
        + "WST882 XCD951 XCG532 YER886 ZAR710 ZMW967 ZWG924 ZWL932";
    private const string Thousandths = "BHD048 IQD368 JOD400 KWD414 LYD434 OMR512 TND788";
    private const string TenThousandths = "CLF990 UYW927";

    private static readonly (string Code, int Exponent, int Numeric)[] Rows =
    [
        .. CodesOf(NoMinorUnit, 0), .. CodesOf(Hundredths, 2), .. CodesOf(Thousandths, 3), .. CodesOf(TenThousandths, 4),
    ];

    private static readonly byte[] Exponents = [.. Rows.Select(row => (byte)row.Exponent)];

    private static readonly int[] Numbers = [.. Rows.Select(row => NumberOf(row.Code))];

    /// <summary>
    /// Index by the three letters as a number in base 26; -1 where there is no such currency.
    /// </summary>
    private static readonly short[] ByLetters = BuildByLetters();

    /// <summary>
    /// Index by the numeric code; -1 where there is none. Where a code was passed on, it is that of
    /// the currency that has it now.
    /// </summary>
    private static readonly short[] ByNumber = BuildByNumber();

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

    /// <summary>
    /// A currency as others write it: the letters of either case, or the numeric code, also without
    /// its leading zeros.
    /// </summary>
    /// <inheritdoc cref="TryFind"/>
    public static bool TryFindWritten(ReadOnlySpan<byte> code, out short currencyIndex)
    {
        currencyIndex = -1;
        if (code.Length is 0 or > 3)
        {
            return false;
        }

        if (char.IsAsciiDigit((char)code[0]))
        {
            return System.Buffers.Text.Utf8Parser.TryParse(code, out int number, out var read) && read == code.Length
                && (currencyIndex = ByNumber[number]) >= 0;
        }

        Span<byte> capitals = stackalloc byte[3];
        return System.Text.Ascii.ToUpper(code, capitals, out var written) == System.Buffers.OperationStatus.Done && TryFind(capitals[..written], out currencyIndex);
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

    /// <summary>The code's three letters as bytes.</summary>
    public static ReadOnlySpan<byte> Utf8CodeOf(short currencyIndex) => Utf8Codes.AsSpan(3 * currencyIndex, 3);

    private static readonly byte[] Utf8Codes = [.. Rows.SelectMany(row => row.Code.Select(letter => (byte)letter))];

    /// <summary>
    /// The code's three letters as one number, which stays what it is when currencies come and go.
    /// </summary>
    public static int NumberOf(short currencyIndex) => Numbers[currencyIndex];

    private static IEnumerable<(string, int, int)> CodesOf(string list, int exponent) =>
        list.Split(' ').Select(code => (code[..3], exponent, int.Parse(code.AsSpan(3), System.Globalization.CultureInfo.InvariantCulture)));

    private static int NumberOf(string code) => ((((code[0] - 'A') * 26) + (code[1] - 'A')) * 26) + (code[2] - 'A');

    private static short[] BuildByNumber()
    {
        var table = new short[1000];
        Array.Fill(table, (short)-1);
        for (var i = 0; i < Rows.Length; i++)
        {
            table[Rows[i].Numeric] = (short)i;
        }

        return table;
    }

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
