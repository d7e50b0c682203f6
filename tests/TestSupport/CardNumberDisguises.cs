using System.Text;

namespace StreamScoring.TestSupport;

/// <summary>
/// Ways in which a card number was seen, or may be, in a text that shows no card number.
/// </summary>
internal static class CardNumberDisguises
{
    /// <summary>Of sixteen digits: made up, with a correct check digit.</summary>
    public const string Number = "4539578763621486";

    private static readonly string[] Groups = ["4539", "5787", "6362", "1486"];

    public static IEnumerable<(string Name, string Text)> All()
    {
        yield return ("plain", Number);
        foreach (var (name, separator) in Separators)
        {
            yield return ($"groups with {name}", string.Join(separator, Groups));
        }

        foreach (var separator in new[] { "\u00ad", "\u200b", "\u200d", "\u2060", "\ufeff", "\0", "\u0301", "\ufe0f\u20e3" })
        {
            yield return ($"digits with U+{(int)separator[0]:X4}", string.Join(separator, Number.ToCharArray()) + separator);
        }

        foreach (var zero in new[] { 0xff10, 0x0660, 0x06f0, 0x0966, 0x07c0, 0x1d7ce, 0x1d7f6, 0x2080 })
        {
            yield return ($"digits from U+{zero:X4}", string.Concat(Number.Select(digit => char.ConvertFromUtf32(zero + digit - '0'))));
        }

        var ascii = Encoding.ASCII.GetBytes(Number);
        foreach (var (name, text) in new (string, string)[]
        {
            ("zeros in front", "000" + Number), ("many zeros in front", new string('0', 20) + Number), ("zeros behind", Number + "000"),
            ("zeros before groups", "00" + string.Join(' ', Groups)), ("expiry", Number + "2712"), ("expiry, month first", Number + "1227"),
            ("expiry and CVV", Number + "2712123"),
            ("an expiry date with its slash", Number + "12/27"), ("an expiry date with a dash", Number + "12-27"), ("an expiry date with a whole year", Number + "12/2027"),
            ("an expiry date, year first", Number + "27/12"), ("an expiry date, whole year first", Number + "2027-12"), ("groups and an expiry date", string.Join(' ', Groups) + "12/27"),
            ("groups and an expiry date without its slash", string.Join('-', Groups) + "1227"), ("two groups with an underline", "45395787_63621486"), ("two groups behind a name", "tok_45395787_63621486"), ("thousands with commas", "4,539,578,763,621,486"),
            ("thousands with apostrophes", "4'539'578'763'621'486.00"), ("with an exponent", "4.539578763621486E+15"), ("with an exponent in a message", "amount=4.539578763621486e15"),
            ("with an exponent and no point", "45395787636214860E-1"), ("with an exponent and a comma", "4,539578763621486E+15"), ("with an exponent in a list", "[1.5,4.539578763621486E+15]"), ("with an exponent and a sign", "-0.4539578763621486E16"), ("track 2", Number + "D27122010000000000000F"), ("track 2 in lower case", Number + "d27122010000000000000f"),
            ("track 2 with much filler", Number + "D2712201" + new string('F', 24)), ("track 2 with its equals sign", $";{Number}=27122010000000000000?"),
            ("track 2 behind its length", "37" + Number + "D27122010000000000000"), ("track 1", $"%B{Number}^DOE/JOHN^27122010000000000000"),
            ("filler of F", Number + "FFFFFFFFFFFFFFFF"), ("its length in front", "16" + Number), ("in an ISO 8583 message", $"0200723405412800800016{Number}000000000000001000"),
            ("nines in front", "99" + Number), ("a one in front", "1" + Number), ("1234 in front", "1234" + Number), ("a year in front", "2026" + Number),
            ("a date in front", "20261128" + Number), ("digits in front", "73521" + Number), ("digits behind", Number + "73521"), ("letters around", $"card{Number}x"),
            ("URL escapes", string.Join("%20", Groups)), ("URL escapes of dashes", string.Join("%2D", Groups)), ("URL escapes of no-break spaces", string.Join("%C2%A0", Groups)),
            ("URL escapes of digits", string.Concat(ascii.Select(digit => $"%{digit:x2}"))), ("JSON escapes", string.Concat(Number.Select(digit => $"\\u{(int)digit:x4}"))),
            ("JSON escapes of line feeds", string.Join("\\n", Groups)), ("HTML escapes", string.Concat(Number.Select(digit => $"&#{(int)digit};"))),
            ("HTML spaces", string.Join("&nbsp;", Groups)), ("an array as text", $"[{string.Join(", ", Groups.Select(group => $"\"{group}\""))}]"),
            ("digits as an array", $"[{string.Join(',', Number.ToCharArray())}]"), ("pairs", "45 39 57 87 63 62 14 86"),
            ("base 64", Convert.ToBase64String(ascii)), ("base 64 without its end", Convert.ToBase64String(ascii).TrimEnd('=')),
            ("base 64 behind a name", "tok_x" + Convert.ToBase64String(ascii)), ("base 64 of groups", Convert.ToBase64String(Encoding.ASCII.GetBytes(string.Join(' ', Groups)))),
            ("base 64 of JSON", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{{\"pan\":\"{Number}\"}}"))), ("base 64 of other JSON", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{{\"pa\":\"{Number}\"}}"))),
            ("base 64 of UTF-16", Convert.ToBase64String(Encoding.Unicode.GetBytes(Number))), ("hexadecimal", Convert.ToHexString(ascii)),
            ("hexadecimal in lower case, with a prefix", "0x" + Convert.ToHexStringLower(ascii)), ("hexadecimal of groups", Convert.ToHexString(Encoding.ASCII.GetBytes(string.Join('-', Groups)))),
            ("hexadecimal of UTF-16", Convert.ToHexString(Encoding.Unicode.GetBytes(Number))), ("hexadecimal with blanks", string.Join(' ', ascii.Select(digit => $"{digit:x2}"))),
            ("packed decimals, a character each", Encoding.Latin1.GetString(Convert.FromHexString(Number))), ("in the form of a UUID", "45395787-6362-1486-0000-000000000000"),
        })
        {
            yield return (name, text);
        }
    }

    private static readonly (string, string)[] Separators =
    [
        ("blanks", " "), ("two blanks", "  "), ("tabs", "\t"), ("line feeds", "\n"), ("line ends", "\r\n"), ("dashes", "-"), ("dashes with blanks", " - "), ("dots", "."),
        ("commas", ","), ("underlines", "_"), ("slashes", "/"), ("bars", "|"), ("colons", ":"), ("stars", "*"), ("plus signs", "+"), ("no-break spaces", "\u00a0"),
        ("en dashes", "\u2013"), ("narrow spaces", "\u202f"), ("minus signs", "\u2212"), ("bullets", "\u2022"), ("line separators", "\u2028"),
    ];
}
