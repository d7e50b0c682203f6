using StreamScoring.Regions;

namespace StreamScoring.State;

/// <summary>What a state is, beside the windows of its keys.</summary>
/// <param name="FeatureFile"><c>sha256:</c> and the hash of the feature file whose windows these are.</param>
/// <param name="Logs">Those that were read, each of which has a number here.</param>
/// <param name="Vector">By log: the next offset that the state does not hold.</param>
/// <param name="NewestMs">By log: the newest log timestamp, ms since the Unix epoch.</param>
/// <param name="WatermarkMs">Newest event time folded, ms since the Unix epoch, each payment's taken for at most its record's timestamp.</param>
/// <param name="KeyCounts">By entity: about how many keys there are; empty where it is not known.</param>
/// <param name="PaymentCount">There are at most so many payments.</param>
/// <param name="Payments">What the idempotency index holds, oldest first.</param>
/// <param name="Duplicates">Records that were found to be duplicates lately, and the first record of each.</param>
public sealed record StateHead(
    string FeatureFile, IReadOnlyList<LogId> Logs, IReadOnlyDictionary<LogId, long> Vector, IReadOnlyDictionary<LogId, long> NewestMs, long WatermarkMs,
    IReadOnlyList<long> KeyCounts, int PaymentCount, IEnumerable<FoldedPayment> Payments,
    IReadOnlyList<(LogId Log, long Offset, LogId FirstLog, long FirstOffset)> Duplicates)
{
    /// <summary>
    /// The same state where topics were deleted and made again since. What was folded of the former ones stays: it happened. Their logs begin anew
    /// at offset 0, so their records now lie before it, at negative offsets in their old order: a payment that is published into the new topic again
    /// is still known for a duplicate, and no position of the former topic is taken for one of the new.
    /// </summary>
    /// <param name="isRenewed">Whether the log is of a topic that was made anew.</param>
    public StateHead Renewed(Func<LogId, bool> isRenewed)
    {
        if (!Vector.Keys.Any(isRenewed))
        {
            return this;
        }

        var ends = Vector.ToDictionary(log => log.Key, log => isRenewed(log.Key) ? log.Value : 0);
        long[] endOf = [.. Logs.Select(log => ends[log])];
        return this with
        {
            Vector = Vector.ToDictionary(log => log.Key, log => log.Value - ends[log.Key]),
            Payments = Payments.Select(payment => payment with { Offset = payment.Offset - endOf[payment.Log] }),
            Duplicates = [.. Duplicates.Select(record => (
                record.Log, record.Offset - ends[record.Log], record.FirstLog, record.FirstOffset - ends[record.FirstLog]))],
        };
    }
}
