namespace StreamScoring.Ingest;

/// <summary>
/// All logs of a process. The set may change while running (a new partition, a rebalance); readers
/// are then replaced whole.
/// </summary>
public interface ILogSource : IDisposable
{
    /// <summary>
    /// Starts reading and returns. Failures that end the source are reported to
    /// <paramref name="failed"/>.
    /// </summary>
    /// <param name="wake">To be called, from any thread, whenever a record or an end became known
    /// that was not before.</param>
    /// <param name="failed">To be called at most once.</param>
    void Start(Action wake, Action<Exception> failed);

    /// <summary>The readers now, ordered by log index. Read it again after each wake.</summary>
    IReadOnlyList<ILogReader> Readers { get; }

    /// <summary>
    /// True once nothing will ever come again (a file was read through, an in-memory log was
    /// closed). A Kafka source never completes by itself.
    /// </summary>
    bool IsCompleted { get; }

    /// <summary>
    /// Notes that what was taken of a log to be decided is decided and acknowledged. Committed in
    /// the background.
    /// </summary>
    /// <param name="nextOffset">Everything before it is.</param>
    /// <param name="count">Records of the log that this acknowledges.</param>
    void Acknowledged(int logIndex, long nextOffset, int count);
}
