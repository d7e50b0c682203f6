using System.Globalization;
using System.Text;
using NodaTime;
using StreamScoring.Contracts;

namespace StreamScoring.Mapping;

/// <summary>Reads the times of one field. Made once; allocates nothing for a time that
/// fits.</summary>
public sealed class TimeReading
{
    private const int PatternBytesMax = 128;

    private static readonly DateTimeZone Utc = DateTimeZone.Utc;

    private readonly TimeForm _form;
    private readonly string? _pattern;
    private readonly bool _hasZone;
    private readonly long _originMs;
    private readonly decimal _unitMs;
    private readonly DateTimeZone _zone;

    private TimeReading(TimeForm form, string? pattern, long originMs, decimal unitMs, DateTimeZone? zone)
    {
        (_form, _pattern, _originMs, _unitMs, _zone) = (form, pattern, originMs, unitMs, zone ?? Utc);
        _hasZone = pattern is not null && Unquoted(pattern).Contains('z', StringComparison.Ordinal);
    }

    /// <summary>ISO 8601 in UTC: how the contract writes times.</summary>
    public static TimeReading Iso { get; } = new(TimeForm.Iso8601, null, 0, 0, null);

    /// <summary>How the source writes its times.</summary>
    public TimeForm Form => _form;

    /// <summary>What is expected, for messages.</summary>
    public string Expected => _form switch
    {
        TimeForm.UnixSeconds => "seconds since 1970",
        TimeForm.UnixMilliseconds => "milliseconds since 1970",
        TimeForm.UnixMicroseconds => "microseconds since 1970",
        TimeForm.UnixNanoseconds => "nanoseconds since 1970",
        TimeForm.Pattern => $"a time like {_pattern}",
        TimeForm.Since => "a number of units since the origin, up to the year 9999",
        TimeForm.MonthsSince => "a whole number of months since the origin, up to the year 9999",
        _ => "a time in ISO 8601, such as 2026-01-31T12:00:00Z; other forms: format: PATTERN, unix_s, seconds_since: …",
    };

    /// <param name="form">ISO 8601 or one of the Unix forms.</param>
    /// <param name="zone">Of ISO times that name none; null: UTC.</param>
    public static TimeReading Of(TimeForm form, DateTimeZone? zone = null) => new(form, null, 0, UnitOf(form), zone);

    /// <summary>A number of units since an origin.</summary>
    /// <param name="originMs">ms since the Unix epoch.</param>
    /// <param name="unitMs">Milliseconds of a unit.</param>
    public static TimeReading Since(long originMs, decimal unitMs) => new(TimeForm.Since, null, originMs, unitMs, null);

    /// <summary>A number of calendar months since an origin.</summary>
    /// <inheritdoc cref="Since"/>
    public static TimeReading MonthsSince(long originMs) => new(TimeForm.MonthsSince, null, originMs, 0, null);

    /// <param name="pattern">Of .NET's custom formats; with a year.</param>
    /// <param name="zone">Of times that name none; null: UTC.</param>
    /// <exception cref="FormatException">It is no such pattern.</exception>
    public static TimeReading ByPattern(string pattern, DateTimeZone? zone = null)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        if (pattern.Length < 2 || !Unquoted(pattern).Contains('y', StringComparison.Ordinal))
        {
            throw new FormatException("it names no year");
        }

        // What cannot be written by it cannot be read by it.
        var now = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Unspecified).ToString(pattern, CultureInfo.InvariantCulture);
        return DateTime.TryParseExact(now, pattern, CultureInfo.InvariantCulture, DateTimeStyles.NoCurrentDateDefault, out _)
            ? new TimeReading(TimeForm.Pattern, pattern, 0, 0, zone)
            : throw new FormatException("a time that is written by it cannot be read by it");
    }

    /// <param name="text">UTF-8.</param>
    /// <param name="unixMs">Milliseconds since the Unix epoch, in the years 1 to 9999.</param>
    public bool TryRead(ReadOnlySpan<byte> text, out long unixMs)
    {
        text = CellText.Trim(text);
        switch (_form)
        {
            case TimeForm.Iso8601:
                // Our own files may hold plain milliseconds, as the wire forms may.
                return IsoTimeText.TryRead(text, out unixMs, out var hasZone)
                    ? hasZone || ReferenceEquals(_zone, Utc) || TryInZone(unixMs, out unixMs)
                    : CellText.TryWhole(text, out unixMs) && text[0] != '-' && UnixTime.IsDate(unixMs, out _);
            case TimeForm.Pattern:
                return TryByPattern(text, out unixMs);
            case TimeForm.MonthsSince:
                return TryMonths(text, out unixMs);
            default:
                return TrySince(text, out unixMs);
        }
    }

    private static decimal UnitOf(TimeForm form) => form switch
    {
        TimeForm.UnixSeconds => 1000m,
        TimeForm.UnixMicroseconds => 0.001m,
        TimeForm.UnixNanoseconds => 0.000_001m,
        _ => 1m,
    };

    private static string Unquoted(string pattern)
    {
        var (text, quote) = (new StringBuilder(), '\0');
        for (var i = 0; i < pattern.Length; i++)
        {
            if (quote != '\0')
            {
                quote = pattern[i] == quote ? '\0' : quote;
            }
            else if (pattern[i] is '\'' or '"')
            {
                quote = pattern[i];
            }
            else if (pattern[i] == '\\')
            {
                i++;
            }
            else
            {
                text.Append(pattern[i]);
            }
        }

        return text.ToString();
    }

    private bool TrySince(ReadOnlySpan<byte> text, out long unixMs)
    {
        unixMs = 0;
        // A number beyond this has no date in any unit but the smallest, and multiplying the
        // largest would overflow.
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && Math.Abs(number) < 1e19m && Math.Abs(number) * _unitMs < 1e18m
            && UnixTime.IsDate(_originMs + (long)decimal.Floor(number * _unitMs), out unixMs);
    }

    private bool TryMonths(ReadOnlySpan<byte> text, out long unixMs)
    {
        unixMs = 0;
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var months) || months != decimal.Truncate(months) || Math.Abs(months) > 120_000)
        {
            return false;
        }

        try
        {
            unixMs = DateTimeOffset.FromUnixTimeMilliseconds(_originMs).AddMonths((int)months).ToUnixTimeMilliseconds();
            return true;
        }
        catch (ArgumentOutOfRangeException)
        {
            return false;
        }
    }

    private bool TryByPattern(ReadOnlySpan<byte> text, out long unixMs)
    {
        unixMs = 0;
        if (text.Length > PatternBytesMax)
        {
            return false;
        }

        Span<char> characters = stackalloc char[PatternBytesMax];
        characters = characters[..Encoding.UTF8.GetChars(text, characters)];
        if (_hasZone)
        {
            if (!DateTimeOffset.TryParseExact(characters, _pattern, CultureInfo.InvariantCulture, DateTimeStyles.AllowWhiteSpaces, out var time))
            {
                return false;
            }

            unixMs = time.ToUnixTimeMilliseconds();
            return true;
        }

        if (!DateTime.TryParseExact(characters, _pattern, CultureInfo.InvariantCulture, DateTimeStyles.AllowWhiteSpaces | DateTimeStyles.NoCurrentDateDefault, out var local))
        {
            return false;
        }

        unixMs = (local.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
        return ReferenceEquals(_zone, Utc) || TryInZone(unixMs, out unixMs);
    }

    /// <summary>
    /// Of an hour that a clock shows twice the first is meant; one that it leaves out is moved
    /// behind the gap.
    /// </summary>
    /// <param name="localMs">What the clock shows, as if it were UTC.</param>
    private bool TryInZone(long localMs, out long unixMs)
    {
        unixMs = localMs;
        // A day from either end of the calendar no zone leads out of it.
        if (!UnixTime.IsDate(localMs - 86_400_000, out _) || !UnixTime.IsDate(localMs + 86_400_000, out _))
        {
            return false;
        }

        var local = Instant.FromUnixTimeMilliseconds(localMs).InUtc().LocalDateTime;
        unixMs = local.InZoneLeniently(_zone).ToInstant().ToUnixTimeMilliseconds();
        return true;
    }
}
