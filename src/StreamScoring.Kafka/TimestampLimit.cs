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

    private const string TypeKey = "message.timestamp.type", OldKey = "message.timestamp.difference.max.ms";

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
}
