using StreamScoring.Regions;

namespace StreamScoring.State;

/// <summary>What a state is, beside the windows of its keys.</summary>
/// <param name="FeatureFile"><c>sha256:</c> and the hash of the feature file whose windows these are.</param>
/// <param name="Logs">Those that were read, each of which has a number here.</param>
/// <param name="Vector">By log: the next offset that the state does not hold.</param>
/// <param name="Clocks">By log: what time it is by its records.</param>
/// <param name="WatermarkMs">How far event time has come, ms since the Unix epoch: the greatest of the logs' clocks of event time.</param>
/// <param name="KeyCounts">By entity: about how many keys there are; empty where it is not known.</param>
/// <param name="PaymentCount">There are at most so many payments.</param>
/// <param name="Payments">What the idempotency index holds, oldest first.</param>
/// <param name="Duplicates">Records that were found to be duplicates lately, and the first record of each.</param>
public sealed record StateHead(
    string FeatureFile, IReadOnlyList<LogId> Logs, IReadOnlyDictionary<LogId, long> Vector, IReadOnlyDictionary<LogId, LogClocks> Clocks, long WatermarkMs,
    IReadOnlyList<long> KeyCounts, int PaymentCount, IEnumerable<FoldedPayment> Payments,
    IReadOnlyList<(LogId Log, long Offset, LogId FirstLog, long FirstOffset)> Duplicates);
