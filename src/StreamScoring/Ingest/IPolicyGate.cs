namespace StreamScoring.Ingest;

/// <summary>
/// Which logs change the policy, and when the next change may be taken. A change is made ready
/// while its record still waits, so that nothing waits for it once it is taken.
/// </summary>
public interface IPolicyGate
{
    /// <summary>
    /// Whether the log changes the policy: a batch ends behind its records, as they hold from the
    /// next one on.
    /// </summary>
    bool IsPolicy(int logIndex);

    /// <summary>
    /// Whether the reader's next record may be taken. If not, it is being made ready, and whoever
    /// fills batches is woken. By the thread that fills batches.
    /// </summary>
    /// <param name="reader">Of such a log, with a record at hand.</param>
    bool MayTake(ILogReader reader);
}
