using StreamScoring.Batches;

namespace StreamScoring.Ingest;

/// <summary>
/// One log as the merge sees it: records in offset order, of which the next can be looked at.
/// Implemented by each port (Kafka, file, memory). Called by one thread at a time.
/// </summary>
public interface ILogReader : IDisposable
{
    /// <summary>The log's index in the process's log table.</summary>
    int LogIndex { get; }

    /// <summary>
    /// True for a log of another region: it never holds up those of the region that the process
    /// serves.
    /// </summary>
    bool IsFollowed { get; }

    /// <summary>
    /// Called before each batch: the one moment at which a log that became owned goes back to what
    /// is to be decided. So what a batch takes of a log is one stretch, owned or followed as a
    /// whole.
    /// </summary>
    void StartBatch();

    /// <summary>Looks at the next record, without waiting.</summary>
    /// <param name="mergeMs">By which time it is merged with records of other logs
    /// (<see cref="LookAhead"/>), ms since the Unix epoch.</param>
    /// <returns>False when none is at hand; <see cref="IsAtEnd"/> then says whether one may still
    /// be coming.</returns>
    bool TryPeek(out long mergeMs);

    /// <summary>
    /// True when no record is at hand and the log is known to have had none beyond those already
    /// read. False while that is not known: the merge then waits, so that a backlog is folded in
    /// timestamp order.
    /// </summary>
    bool IsAtEnd { get; }

    /// <summary>
    /// True while nothing of the log may be taken, though records may be at hand: a newer policy
    /// was in force already than this process has read.
    /// </summary>
    bool IsHeld => false;

    /// <summary>Offset of the record that <see cref="TryPeek"/> looks at. For logs that change the
    /// policy alone.</summary>
    long NextOffset => throw new NotSupportedException($"log {LogIndex} does not change the policy");

    /// <summary>That record's value; valid until anything else is asked of the reader.</summary>
    /// <inheritdoc cref="NextOffset"/>
    ReadOnlySpan<byte> NextValue => throw new NotSupportedException($"log {LogIndex} does not change the policy");

    /// <summary>That record's timestamp, ms since the Unix epoch.</summary>
    /// <inheritdoc cref="NextOffset"/>
    long NextTimestampMs => throw new NotSupportedException($"log {LogIndex} does not change the policy");

    /// <summary>
    /// Moves records into the batch, from the next one on, while the time by which they are merged
    /// is at most <paramref name="throughMs"/> and the batch has room.
    /// </summary>
    /// <returns>How many were moved.</returns>
    int TakeInto(PaymentBatch batch, long throughMs, int rowsMax);
}
