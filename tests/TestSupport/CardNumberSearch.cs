using System.Text;
using System.Text.Json;

namespace StreamScoring.TestSupport;

/// <summary>
/// Looks for the made-up card number in what was written, apart from the code that hides it: over
/// all digits, whatever stands between them, in every form that the disguises have.
/// </summary>
internal static class CardNumberSearch
{
    private static readonly string Number = CardNumberDisguises.Number;

    /// <param name="written">A record's value, key or header, or a line of output.</param>
    public static void AssertNone(byte[] written, string because)
    {
        foreach (var (form, text) in Forms(written))
        {
            var digits = string.Concat(text.EnumerateRunes().Select(rune => Rune.GetNumericValue(rune) is >= 0 and <= 9 and var value && value == (int)value ? $"{(int)value}" : ""));
            Assert.False(digits.Contains(Number, StringComparison.Ordinal), $"{because}: {form}: {text}");
            Assert.False(digits.Contains(Convert.ToHexString(Encoding.ASCII.GetBytes(Number)), StringComparison.Ordinal), $"{because}: hexadecimal in {form}: {text}");
            foreach (var part in Base64Parts)
            {
                Assert.False(text.Contains(part, StringComparison.Ordinal), $"{because}: base 64 in {form}: {text}");
            }
        }

        Assert.True(written.AsSpan().IndexOf(Convert.FromHexString(Number)) < 0, because);
        Assert.True(written.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(Convert.FromHexString(Number)))) < 0, because);
    }

    /// <summary>
    /// What stands in base 64 of any text that holds the number, whatever stands before it.
    /// </summary>
    private static readonly string[] Base64Parts =
        [.. Enumerable.Range(0, 3).Select(skipped => Convert.ToBase64String(Encoding.ASCII.GetBytes(Number[skipped..(skipped + 12)])))];

    private static IEnumerable<(string Form, string Text)> Forms(byte[] written)
    {
        yield return ("as it is", Encoding.UTF8.GetString(written));
        yield return ("without zeros", Encoding.UTF8.GetString([.. written.Where(value => value != 0)]));
        var unescaped = Unescaped(Encoding.UTF8.GetString(written));
        yield return ("without its escapes", unescaped);
        yield return ("without escapes in escapes", Unescaped(unescaped));
    }

    /// <summary>The texts of a JSON document one after another; any other text as it is.</summary>
    private static string Unescaped(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return string.Join(' ', Texts(document.RootElement));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Uri.UnescapeDataString(text);
        }
    }

    private static IEnumerable<string> Texts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Where(property => property.Name != "source" && !property.Name.StartsWith("withheld_", StringComparison.Ordinal))
            .SelectMany(property => Texts(property.Value).Prepend(property.Name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
        JsonValueKind.String => [element.GetString()!],
        _ => [element.GetRawText()],
    };
}
