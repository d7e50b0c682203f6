using System.Text;
using StreamScoring.Contracts;

namespace StreamScoring.Mapping;

/// <summary>ISO 8601 in UTF-8, without a text being made of it.</summary>
internal static class IsoTimeText
{
    /// <summary>
    /// Reads a date, or a date and a time with a T or a blank between them, with <c>Z</c>,
    /// <c>+01:00</c>, <c>+0100</c> or <c>+01</c> behind it.
    /// </summary>
    /// <param name="unixMs">As if in UTC where it names no zone.</param>
    /// <param name="hasZone">Whether it names one.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, out long unixMs, out bool hasZone)
    {
        (unixMs, hasZone) = (0, false);
        if (text.Length < 10 || text[4] != '-' || text[7] != '-'
            || !Digits(text[..4], out var year) || !Digits(text[5..7], out var month) || !Digits(text[8..10], out var day)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        var ticks = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks;
        var rest = text[10..];
        if (!rest.IsEmpty)
        {
            if (rest[0] is not ((byte)'T' or (byte)' '))
            {
                return false;
            }

            if (!TryClock(ref rest, out var clock))
            {
                // What the wire forms took before stays what it is.
                return Otherwise(text, out unixMs, out hasZone);
            }

            ticks += clock;
            if (!TryZone(rest, out var offset, out hasZone))
            {
                return Otherwise(text, out unixMs, out hasZone);
            }

            ticks -= offset;
        }

        var sinceEpoch = ticks - DateTime.UnixEpoch.Ticks;
        unixMs = sinceEpoch >= 0 || sinceEpoch % TimeSpan.TicksPerMillisecond == 0 ? sinceEpoch / TimeSpan.TicksPerMillisecond : (sinceEpoch / TimeSpan.TicksPerMillisecond) - 1;
        return UnixTime.IsDate(unixMs, out _);
    }

    private static bool Otherwise(ReadOnlySpan<byte> text, out long unixMs, out bool hasZone)
    {
        hasZone = text[10..].IndexOfAny("Zz+"u8) >= 0 || text[10..].Contains((byte)'-');
        return IsoTime.TryParse(Encoding.UTF8.GetString(text), out unixMs);
    }

    private static bool TryClock(ref ReadOnlySpan<byte> rest, out long ticks)
    {
        ticks = 0;
        if (rest.Length < 6 || rest[3] != ':' || !Digits(rest[1..3], out var hour) || !Digits(rest[4..6], out var minute) || hour > 23 || minute > 59)
        {
            return false;
        }

        ticks = (hour * TimeSpan.TicksPerHour) + (minute * TimeSpan.TicksPerMinute);
        rest = rest[6..];
        if (rest.IsEmpty || rest[0] != ':')
        {
            return true;
        }

        if (rest.Length < 3 || !Digits(rest[1..3], out var second) || second > 59)
        {
            return false;
        }

        ticks += second * TimeSpan.TicksPerSecond;
        rest = rest[3..];
        if (rest.IsEmpty || rest[0] != '.')
        {
            return true;
        }

        var (at, unit) = (1, TimeSpan.TicksPerSecond);
        for (; at < rest.Length && char.IsAsciiDigit((char)rest[at]); at++)
        {
            unit /= 10;
            ticks += (rest[at] - '0') * unit;
        }

        rest = rest[at..];
        return at > 1;
    }

    private static bool TryZone(ReadOnlySpan<byte> rest, out long offset, out bool hasZone)
    {
        (offset, hasZone) = (0, false);
        rest = rest.TrimStart((byte)' ');
        if (rest.IsEmpty)
        {
            return true;
        }

        hasZone = true;
        if (rest is [(byte)'Z' or (byte)'z'] || rest.SequenceEqual("UTC"u8))
        {
            return true;
        }

        var isColon = rest.Length == 6 && rest[3] == ':';
        if (rest[0] is not ((byte)'+' or (byte)'-') || !(isColon || rest.Length is 5 or 3) || !Digits(rest[1..3], out var hours))
        {
            return false;
        }

        var minutes = 0;
        if ((rest.Length > 3 && !Digits(rest[(isColon ? 4 : 3)..], out minutes)) || hours > 14 || minutes > 59)
        {
            return false;
        }

        offset = ((hours * TimeSpan.TicksPerHour) + (minutes * TimeSpan.TicksPerMinute)) * (rest[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool Digits(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        foreach (var character in text)
        {
            if (!char.IsAsciiDigit((char)character))
            {
                return false;
            }

            number = (number * 10) + character - '0';
        }

        return !text.IsEmpty;
    }
}
