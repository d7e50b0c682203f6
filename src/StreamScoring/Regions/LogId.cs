using System.Globalization;

namespace StreamScoring.Regions;

/// <summary>The name of one partition's log, everywhere: in offset vectors, decisions, metrics and messages.</summary>
/// <param name="Region">The region whose brokers hold it.</param>
public readonly record struct LogId(string Region, string Topic, int Partition) : IComparable<LogId>
{
    /// <summary>By region, topic, partition: the order in which records of equal timestamp are folded.</summary>
    public int CompareTo(LogId other)
    {
        var byRegion = string.CompareOrdinal(Region, other.Region);
        var byTopic = byRegion != 0 ? byRegion : string.CompareOrdinal(Topic, other.Topic);
        return byTopic != 0 ? byTopic : Partition.CompareTo(other.Partition);
    }

    /// <summary><c>eu/payments/0</c></summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Region}/{Topic}/{Partition}");

    public static bool operator <(LogId left, LogId right) => left.CompareTo(right) < 0;

    public static bool operator >(LogId left, LogId right) => left.CompareTo(right) > 0;

    public static bool operator <=(LogId left, LogId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(LogId left, LogId right) => left.CompareTo(right) >= 0;
}
