namespace StreamScoring.Host.Differing;

/// <summary>What an exported decision says beside its features.</summary>
/// <param name="DecidedAtMs">ms since the Unix epoch.</param>
/// <param name="PublishedAtMs">Its record's timestamp, ms since the Unix epoch.</param>
/// <param name="EventTimeMs">ms since the Unix epoch.</param>
/// <param name="Log">Number of the log that it was read from, in the order of the logs' names.
/// </param>
/// <param name="Offset">Its place there.</param>
/// <param name="IsOtherFile">Whether another feature file served it.</param>
/// <param name="Bounds">By feature how far it may be off, NaN where that is not known; null for a
/// decision that is exact.</param>
internal sealed record ServedRow(
    long DecidedAtMs, long PublishedAtMs, long EventTimeMs, string Log, long Offset, bool IsOtherFile, bool IsDuplicate, bool IsApproximate, IReadOnlyDictionary<string, double>? Bounds)
    : IComparable<ServedRow>
{
    /// <summary>
    /// In the order in which they were folded: by batch, which has one time of deciding; in it by
    /// time, event time, log and offset.
    /// </summary>
    public int CompareTo(ServedRow? other) => other is null ? 1
        : DecidedAtMs != other.DecidedAtMs ? DecidedAtMs.CompareTo(other.DecidedAtMs)
        : PublishedAtMs != other.PublishedAtMs ? PublishedAtMs.CompareTo(other.PublishedAtMs)
        : EventTimeMs != other.EventTimeMs ? EventTimeMs.CompareTo(other.EventTimeMs)
        : string.CompareOrdinal(Log, other.Log) is not 0 and var byLog ? byLog
        : Offset.CompareTo(other.Offset);
}
