namespace StreamScoring.Scoring;

/// <summary>
/// Says in a place that outlives the process which call of which model runs. An engine that crashes
/// takes the process with it; the next one then knows what it died of.
/// </summary>
public interface ICallMarks
{
    /// <summary>The mark of one caller, for as long as it lives.</summary>
    /// <param name="version">The model's.</param>
    ICallMark Open(string version);
}

/// <summary>One caller's mark. By one thread at a time.</summary>
public interface ICallMark : IDisposable
{
    /// <summary>
    /// A process died in a call of this model: payments are scored one by one, so that the one that
    /// it dies of is known the next time.
    /// </summary>
    bool IsCareful { get; }

    /// <summary>Whether processes died while the model scored this payment.</summary>
    bool IsDeadly(int logIndex, long offset);

    /// <summary>A call begins.</summary>
    /// <param name="logIndex">With the offset: the position of its first payment.</param>
    void Begin(int logIndex, long offset);

    /// <summary>It has come back.</summary>
    void End();
}
