namespace StreamScoring.Mapping;

/// <summary>How a source writes times.</summary>
public enum TimeForm
{
    /// <summary>ISO 8601, with a T or a blank, or whole milliseconds since 1970.</summary>
    Iso8601,

    /// <summary>Seconds since 1970.</summary>
    UnixSeconds,

    /// <summary>Milliseconds since 1970.</summary>
    UnixMilliseconds,

    /// <summary>Microseconds since 1970.</summary>
    UnixMicroseconds,

    /// <summary>Nanoseconds since 1970.</summary>
    UnixNanoseconds,

    /// <summary>By a pattern of .NET's custom formats, such as <c>M/d/yyyy H:mm</c>.</summary>
    Pattern,

    /// <summary>A number of units since an origin.</summary>
    Since,

    /// <summary>A whole number of calendar months since an origin.</summary>
    MonthsSince,
}
