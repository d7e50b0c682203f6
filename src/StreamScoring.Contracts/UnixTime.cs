namespace StreamScoring.Contracts;

/// <summary>Which milliseconds since the Unix epoch can be written as a date.</summary>
public static class UnixTime
{
    private static readonly long Min = DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), Max = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Whether a time lies in the years 1 to 9999.</summary>
    public static bool IsDate(long value, out long unixMs)
    {
        unixMs = value;
        return value >= Min && value <= Max;
    }
}
