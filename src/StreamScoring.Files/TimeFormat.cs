namespace StreamScoring.Files;

/// <summary>How a table writes times. Without a zone they are UTC.</summary>
public enum TimeFormat
{
    Iso8601,
    UnixMilliseconds,
    UnixSeconds,
}
