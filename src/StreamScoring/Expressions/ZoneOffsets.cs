using System.Collections.Concurrent;
using NodaTime;
using NodaTime.TimeZones;

namespace StreamScoring.Expressions;

/// <summary>
/// How far a zone's clocks are ahead of UTC, by time. The zones are those of the IANA database that
/// comes with NodaTime, so that every machine and every release of a system gives one answer.
/// </summary>
internal sealed class ZoneOffsets
{
    private static readonly Instant First = Instant.FromUtc(1900, 1, 1, 0, 0), Last = Instant.FromUtc(2200, 1, 1, 0, 0);
    private static readonly ConcurrentDictionary<string, ZoneOffsets> Known = new(StringComparer.Ordinal);

    private readonly long[] _startMs;
    private readonly long[] _offsetMs;
    private int _last;

    private ZoneOffsets(DateTimeZone zone)
    {
        ZoneInterval[] intervals = [.. zone.GetZoneIntervals(First, Last)];
        _startMs = [.. intervals.Select(interval => interval.HasStart ? interval.Start.ToUnixTimeMilliseconds() : long.MinValue)];
        _offsetMs = [.. intervals.Select(interval => (long)interval.WallOffset.Milliseconds)];
        _startMs[0] = long.MinValue;
    }

    /// <summary>All names, for suggestions.</summary>
    public static IEnumerable<string> Names => DateTimeZoneProviders.Tzdb.Ids;

    /// <param name="name">As in the IANA database: <c>Europe/Berlin</c>.</param>
    /// <returns>Null where there is no such zone.</returns>
    public static ZoneOffsets? Find(string name) =>
        Known.TryGetValue(name, out var known) ? known
            : DateTimeZoneProviders.Tzdb.GetZoneOrNull(name) is { } zone ? Known.GetOrAdd(name, new ZoneOffsets(zone))
            : null;

    /// <param name="utcMs">ms since the Unix epoch.</param>
    /// <returns>What a clock on the wall shows then, as ms since it showed the epoch.</returns>
    public double ToLocal(double utcMs)
    {
        // Rows are near each other in time. Whoever else writes the place writes one that is right
        // for its own row, and it is checked.
        var place = Volatile.Read(ref _last);
        if (utcMs < _startMs[place] || (place + 1 < _startMs.Length && utcMs >= _startMs[place + 1]))
        {
            var found = Array.BinarySearch(_startMs, (long)utcMs);
            place = found >= 0 ? found : Math.Max(0, ~found - 1);
            Volatile.Write(ref _last, place);
        }

        return utcMs + _offsetMs[place];
    }
}
