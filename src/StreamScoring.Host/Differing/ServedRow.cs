namespace StreamScoring.Host.Differing;

/// <summary>What an exported decision says beside its features.</summary>
/// <param name="DecidedAtMs">ms since the Unix epoch.</param>
/// <param name="ReceivedAtMs">When its batch was taken, ms since the Unix epoch.</param>
/// <param name="PublishedAtMs">Its record's timestamp, ms since the Unix epoch.</param>
/// <param name="EventTimeMs">ms since the Unix epoch.</param>
/// <param name="Log">The log that it was read from.</param>
/// <param name="Offset">Its place there.</param>
/// <param name="IsOtherFile">Whether another feature file served it.</param>
/// <param name="Bounds">By feature how far it may be off, NaN where that is not known; null for a
/// decision that is exact.</param>
internal sealed record ServedRow(
    long DecidedAtMs, long ReceivedAtMs, long PublishedAtMs, long EventTimeMs, string Log, long Offset, bool IsOtherFile, bool IsDuplicate, bool IsApproximate,
    IReadOnlyDictionary<string, double>? Bounds)
{
    /// <summary>
    /// Orders in which payments may have been folded, the likeliest first: one process folds batch
    /// by batch, which have a time each; several processes fold each by itself, by the records'
    /// timestamps. In a batch, and in all of them, it is by time, event time, log and offset.
    /// </summary>
    public static IReadOnlyList<IComparer<ServedRow>> Orders { get; } =
    [
        Comparer<ServedRow>.Create((a, b) => (a.DecidedAtMs, a.ReceivedAtMs).CompareTo((b.DecidedAtMs, b.ReceivedAtMs)) is not 0 and var byBatch ? byBatch : InBatch(a, b)),
        Comparer<ServedRow>.Create(InBatch),
    ];

    private static int InBatch(ServedRow a, ServedRow b) =>
        (a.PublishedAtMs, a.EventTimeMs).CompareTo((b.PublishedAtMs, b.EventTimeMs)) is not 0 and var byTime ? byTime
        : string.CompareOrdinal(a.Log, b.Log) is not 0 and var byLog ? byLog
        : a.Offset.CompareTo(b.Offset);
}
