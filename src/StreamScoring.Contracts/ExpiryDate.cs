namespace StreamScoring.Contracts;

/// <summary>Two digits for the year and two for the month in which a card expires.</summary>
internal static class ExpiryDate
{
    /// <summary>Whether these are year and month, or month and year.</summary>
    public static bool Is(int first, int second) => (IsYear(first) && IsMonth(second)) || (IsMonth(first) && IsYear(second));

    /// <summary>Whether year and month stand there, as track 2 has them.</summary>
    public static bool IsTrack(int year, int month) => IsYear(year) && IsMonth(month);

    /// <summary>Of the years in which cards expire.</summary>
    public static bool IsYear(int two) => two is >= 20 and <= 45;

    public static bool IsMonth(int two) => two is >= 1 and <= 12;
}
