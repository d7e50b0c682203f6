using StreamScoring.Regions;

namespace StreamScoring.State;

/// <summary>What a state is, beside the windows of its keys.</summary>
/// <param name="FeatureFile"><c>sha256:</c> and the hash of the feature file whose windows these are.</param>
/// <param name="Identity">Fingerprint of the secret by which ids are hashed here.</param>
/// <param name="Logs">Those that were read, each of which has a number here.</param>
/// <param name="Vector">By log: the next offset that the state does not hold.</param>
/// <param name="NewestMs">By log: the newest log timestamp, ms since the Unix epoch.</param>
/// <param name="WatermarkMs">Newest event time folded, ms since the Unix epoch, each payment's taken for at most its record's timestamp.</param>
/// <param name="KeyCounts">By entity: about how many keys there are; empty where it is not known.</param>
/// <param name="PaymentCount">There are at most so many payments.</param>
/// <param name="Payments">What the idempotency index holds, oldest first.</param>
/// <param name="Duplicates">Records that were found to be duplicates lately, and the first record of each.</param>
/// <param name="Conflicts">First records of payments whose id was found to be another payment's lately, and a record of that one.</param>
public sealed record StateHead(
    string FeatureFile, string Identity, IReadOnlyList<LogId> Logs, IReadOnlyDictionary<LogId, long> Vector, IReadOnlyDictionary<LogId, long> NewestMs, long WatermarkMs,
    IReadOnlyList<long> KeyCounts, int PaymentCount, IEnumerable<FoldedPayment> Payments,
    IReadOnlyList<RecordPair> Duplicates, IReadOnlyList<RecordPair> Conflicts);
