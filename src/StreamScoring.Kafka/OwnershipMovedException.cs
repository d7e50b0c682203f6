using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// A partition was taken over that this process does not follow: the pipeline has to start over,
/// from a snapshot or the log.
/// </summary>
public sealed class OwnershipMovedException(LogId log) : Exception($"{log} is owned now and was not followed: starting over");
