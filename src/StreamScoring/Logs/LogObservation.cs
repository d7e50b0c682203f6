namespace StreamScoring.Logs;

/// <summary>
/// A log as it was seen once. All but the ends is looked at before the brokers are asked for these,
/// as a log only ever grows meanwhile.
/// </summary>
/// <param name="Position">Offset of the record that is taken next.</param>
/// <param name="QueuedCount">Records that are fetched and not taken.</param>
/// <param name="DecideFrom">The first offset that is decided here; <see
/// cref="PartitionOwnership.NotOwned"/> where the log is only folded.</param>
/// <param name="End">Offset behind the newest record; -1: the brokers did not say.</param>
/// <param name="Start">The first offset that the log still has; -1: nobody asked.</param>
/// <param name="CommittedEnd">The offset behind which a transaction is open, which readers of what
/// is committed do not pass; -1: nobody asked.</param>
/// <param name="AcknowledgedThrough">Everything before it that was decided here is
/// acknowledged.</param>
/// <param name="IsDrained">False while something that was taken to be decided is not
/// acknowledged.</param>
public readonly record struct LogObservation(
    long Position, long QueuedCount, long DecideFrom, long End, long Start = -1, long CommittedEnd = -1,
    long AcknowledgedThrough = 0, bool IsDrained = true);
