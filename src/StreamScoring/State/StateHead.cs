using StreamScoring.Control;
using StreamScoring.Lists;
using StreamScoring.Logs;

namespace StreamScoring.State;

/// <summary>What a state is, beside the windows of its keys.</summary>
/// <param name="FeatureFile"><c>sha256:</c> and the hash of the feature file whose windows these
/// are.</param>
/// <param name="Identity">Fingerprint of the secret by which ids are hashed here.</param>
/// <param name="Logs">Those that were read, each of which has a number here.</param>
/// <param name="Vector">By log: the next offset that the state does not hold.</param>
/// <param name="Clocks">By log: what time it is by its records.</param>
/// <param name="WatermarkMs">How far event time has come, ms since the Unix epoch: the greatest of
/// the logs' clocks of event time.</param>
/// <param name="KeyCounts">By entity: about how many keys there are; empty where it is not
/// known.</param>
/// <param name="PaymentCount">There are at most so many payments.</param>
/// <param name="Payments">What the idempotency index holds, oldest first.</param>
/// <param name="Duplicates">Records that were found to be duplicates lately, and the first record
/// of each.</param>
/// <param name="Conflicts">First records of payments whose id was found to be another payment's
/// lately, and a record of that one.</param>
public sealed record StateHead(
    string FeatureFile, string Identity, IReadOnlyList<LogId> Logs, IReadOnlyDictionary<LogId, long> Vector, IReadOnlyDictionary<LogId, LogClocks> Clocks, long WatermarkMs,
    IReadOnlyList<long> KeyCounts, int PaymentCount, IEnumerable<FoldedPayment> Payments,
    IReadOnlyList<RecordPair> Duplicates, IReadOnlyList<RecordPair> Conflicts)
{
    /// <summary>What the control log says.</summary>
    public ControlState Control { get; init; } = ControlState.Empty;

    /// <summary>What the policy in force was made of.</summary>
    public ControlState Applied { get; init; } = ControlState.Empty;

    /// <summary>The lists, with the entries' hashes.</summary>
    internal IReadOnlyList<EntryListImage> Lists { get; init; } = [];

    /// <summary>
    /// The same state where topics were deleted and made again since. What was folded of the former
    /// ones stays: it happened. Their logs begin anew at offset 0, so their records now lie before
    /// it, at negative offsets in their old order: a payment that is published into the new topic
    /// again is still known for a duplicate, and no position of the former topic is taken for one
    /// of the new.
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
            Duplicates = [.. Duplicates.Select(Moved)],
            Conflicts = [.. Conflicts.Select(Moved)],
        };

        RecordPair Moved(RecordPair pair) => new(pair.Log, pair.Offset - ends[pair.Log], pair.OtherLog, pair.OtherOffset - ends[pair.OtherLog]);
    }
}
