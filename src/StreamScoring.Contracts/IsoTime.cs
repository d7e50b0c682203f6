using System.Globalization;

namespace StreamScoring.Contracts;

/// <summary>Times as people and files write them.</summary>
public static class IsoTime
{
    /// <summary>
    /// Reads ISO 8601: <c>2026-01-31</c>, with <c>T12:00</c>, <c>12:00:00</c> or
    /// <c>T12:00:00.123</c> behind it, and <c>Z</c> or an offset behind that. UTC where it names no
    /// zone. What only a calendar of some country would understand is refused.
    /// </summary>
    public static bool TryParse(string text, out long unixMs)
    {
        ArgumentNullException.ThrowIfNull(text);
        unixMs = 0;
        if (text.Length < 10 || !IsDate(text) || (text.Length > 10 && text[10] is not ('T' or ' '))
            || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return false;
        }

        unixMs = time.ToUnixTimeMilliseconds();
        return true;
    }

    private static bool IsDate(string text)
    {
        for (var i = 0; i < 10; i++)
        {
            if (i is 4 or 7 ? text[i] != '-' : !char.IsAsciiDigit(text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
