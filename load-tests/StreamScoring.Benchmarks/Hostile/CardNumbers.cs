using System.Globalization;
using System.Text;

namespace StreamScoring.Benchmarks.Hostile;

/// <summary>Card numbers of a hostile run, and the forms in which publishers leak them.</summary>
internal static class CardNumbers
{
    /// <summary>Made up, Luhn-valid, of prefixes that networks issue with 16 digits.</summary>
    public static string Draw(Random random)
    {
        Span<int> digits = stackalloc int[16];
        digits[0] = 4;
        digits[1] = 5;
        for (var i = 2; i < 15; i++)
        {
            digits[i] = random.Next(10);
        }

        // ISO/IEC 7812-1, annex B: from the right, every second digit counts double, less 9 where
        // that has two digits.
        var sum = 0;
        for (var i = 0; i < 15; i++)
        {
            var digit = i % 2 == 0 ? 2 * digits[i] : digits[i];
            sum += digit > 9 ? digit - 9 : digit;
        }

        digits[15] = (10 - (sum % 10)) % 10;
        var text = new StringBuilder(16);
        foreach (var digit in digits)
        {
            text.Append((char)('0' + digit));
        }

        return text.ToString();
    }

    /// <summary>One of the forms that a text field can hold.</summary>
    public static string Disguise(string number, Random random) => random.Next(12) switch
    {
        0 => number,
        1 => string.Join(',', Groups(number)),
        2 => string.Join(' ', Groups(number)),
        3 => string.Join("%20", Groups(number)),
        4 => string.Join('\u00ad', Groups(number)),
        5 => string.Join('\n', Groups(number)),
        6 => "000" + number,
        7 => number + "D" + "27122010000000000000F",
        8 => ";" + number + "=27122010000000000000?",
        9 => FullWidth(number),
        10 => Convert.ToBase64String(Encoding.ASCII.GetBytes(number)),
        _ => Convert.ToHexString(Encoding.ASCII.GetBytes(number)),
    };

    private static IEnumerable<string> Groups(string number) => number.Chunk(4).Select(group => new string(group));

    private static string FullWidth(string number) =>
        string.Concat(number.Select(digit => char.ToString((char)('０' + int.Parse(digit.ToString(), CultureInfo.InvariantCulture)))));
}
