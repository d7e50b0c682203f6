using System.Globalization;

namespace StreamScoring.Kafka;

/// <summary>
/// How far ahead of the brokers' clocks publishers may stamp a topic's records. Behind there is no
/// limit: what is published again has its old time.
/// </summary>
public static class TimestampLimit
{
    /// <summary>The topic's setting, of brokers from 3.6 on.</summary>
    public const string Key = "message.timestamp.after.max.ms";

    /// <summary>
    /// Clocks differ by less. A broker's own default is an hour, and before 4.0 none.
    /// </summary>
    public const long AheadMs = 60_000;

    private const string TypeKey = "message.timestamp.type", OldKey = "message.timestamp.difference.max.ms", BeforeKey = "message.timestamp.before.max.ms", RetentionKey = "retention.ms";

    /// <param name="topic">With its region, for people.</param>
    /// <param name="settings">The topic's.</param>
    public static string NoticeOf(string topic, IReadOnlyDictionary<string, string> settings)
    {
        if (settings.GetValueOrDefault(TypeKey) == "LogAppendTime")
        {
            return $"{topic}: its brokers stamp the records, so no publisher's clock matters";
        }

        var key = settings.ContainsKey(Key) ? Key : OldKey;
        if (!long.TryParse(settings.GetValueOrDefault(key), NumberStyles.None, CultureInfo.InvariantCulture, out var aheadMs))
        {
            return $"{topic}: how far ahead records may be stamped is not known, it has no {Key}";
        }

        var allowed = aheadMs > (long)TimeSpan.FromDays(36_500).TotalMilliseconds
            ? $"{topic} takes records stamped any time ahead"
            : $"{topic} takes records stamped up to {TimeSpan.FromMilliseconds(aheadMs):c} ahead";
        return aheadMs <= AheadMs ? $"{allowed} ({key}={aheadMs})"
            : $"{allowed} ({key}={aheadMs}); a publisher whose clock is wrong is noticed late: set {Key}={AheadMs} with kafka-configs --alter";
    }

    /// <summary>Whether a topic takes records that carry their events' times, and keeps them.
    /// </summary>
    /// <param name="topic">With its region, for people.</param>
    /// <param name="settings">The topic's.</param>
    /// <param name="firstMs">Of the earliest record, ms since the Unix epoch.</param>
    /// <param name="lastMs">Of the latest one.</param>
    /// <returns>Why its brokers would refuse them, null where they do not; and what else there is
    /// to know, null for nothing.</returns>
    public static (string? Refusal, string? Notice) OfEventTimes(string topic, IReadOnlyDictionary<string, string> settings, long firstMs, long lastMs, long nowMs)
    {
        if (settings.GetValueOrDefault(TypeKey) == "LogAppendTime")
        {
            return (null, $"{topic}: its brokers stamp the records, so --timestamps event changes nothing there ({TypeKey}=LogAppendTime)");
        }

        var (before, after) = (settings.ContainsKey(BeforeKey) ? BeforeKey : OldKey, settings.ContainsKey(Key) ? Key : OldKey);
        var refusal = nowMs - firstMs > Number(settings, before) ? $"{topic} takes records of the last {Span(Number(settings, before))} ({before}), and the first row is of {Iso(firstMs)}; set {before} higher on the topic, or leave --timestamps event out"
            : lastMs - nowMs > Number(settings, after) ? $"{topic} takes records stamped up to {Span(Number(settings, after))} ahead ({after}), and the last row is of {Iso(lastMs)}; set {after} higher on the topic, or leave --timestamps event out"
            : null;
        return (refusal, nowMs - firstMs <= Number(settings, RetentionKey) ? null
            : $"{topic} keeps records for {Span(Number(settings, RetentionKey))} ({RetentionKey}), by their timestamps, and the first row is of {Iso(firstMs)}: its brokers delete such records soon; set {RetentionKey}=-1 on the topic while they are needed");
    }

    /// <returns>Of a limit that is not there or is -1, more than any time.</returns>
    private static long Number(IReadOnlyDictionary<string, string> settings, string key) =>
        long.TryParse(settings.GetValueOrDefault(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= 0 ? value : long.MaxValue;

    private static string Span(long ms) => TimeSpan.FromMilliseconds(ms).ToString("c", CultureInfo.InvariantCulture);

    private static string Iso(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
