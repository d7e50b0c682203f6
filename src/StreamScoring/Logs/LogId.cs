using System.Globalization;

namespace StreamScoring.Logs;

/// <summary>
/// The name of one partition's log, everywhere: in offset vectors, decisions, metrics and messages.
/// </summary>
/// <param name="Region">The region whose brokers hold it.</param>
public readonly record struct LogId(string Region, string Topic, int Partition) : IComparable<LogId>
{
    /// <summary>
    /// By region, topic, partition: the order in which records of equal timestamp are folded.
    /// </summary>
    public int CompareTo(LogId other)
    {
        var byRegion = string.CompareOrdinal(Region, other.Region);
        var byTopic = byRegion != 0 ? byRegion : string.CompareOrdinal(Topic, other.Topic);
        return byTopic != 0 ? byTopic : Partition.CompareTo(other.Partition);
    }

    /// <summary><c>eu/payments</c></summary>
    public string TopicName => $"{Region}/{Topic}";

    /// <summary><c>eu/payments/0</c></summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Region}/{Topic}/{Partition}");

    /// <summary>
    /// Reads what <see cref="ToString"/> writes. A topic's name may hold no slash, a region's
    /// neither.
    /// </summary>
    public static bool TryParse(string text, out LogId log)
    {
        var parts = text.Split('/');
        var isLog = parts.Length == 3 && parts[0].Length > 0 && parts[1].Length > 0
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out _);
        log = isLog ? new LogId(parts[0], parts[1], int.Parse(parts[2], CultureInfo.InvariantCulture)) : default;
        return isLog;
    }

    public static bool operator <(LogId left, LogId right) => left.CompareTo(right) < 0;

    public static bool operator >(LogId left, LogId right) => left.CompareTo(right) > 0;

    public static bool operator <=(LogId left, LogId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(LogId left, LogId right) => left.CompareTo(right) >= 0;
}
