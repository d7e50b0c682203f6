using StreamScoring.Contracts;

namespace StreamScoring.Configuration;

/// <summary>When a rule or an entry of a list ends.</summary>
internal static class UntilTime
{
    public const string Forms = "2027-01-31 (the whole day, UTC) or 2027-01-31T12:00:00Z";

    private const long DayMs = 24 * 3600 * 1000, LastMs = 253_402_300_799_000;

    /// <param name="untilMs">The first moment at which it has ended, ms since the Unix epoch; a
    /// whole second.</param>
    public static bool TryParse(string text, out long untilMs)
    {
        var isTime = IsoTime.TryParse(text, out untilMs) && untilMs % 1000 == 0;
        untilMs += text.Length == "2027-01-31".Length ? DayMs : 0;
        // The calendar's last day is how many write never.
        untilMs = untilMs > LastMs ? long.MaxValue : untilMs;
        return isTime;
    }
}
