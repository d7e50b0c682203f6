namespace StreamScoring.Logs;

/// <summary>Why a log that has records is not read on, or is not decided.</summary>
public enum LogFailure
{
    None,

    /// <summary>The brokers do not say where it ends, or nobody could open it.</summary>
    Unreachable,

    /// <summary>Nothing of it is fetched; the client may have said why.</summary>
    NotFetched,

    /// <summary>Records are fetched, and the pipeline takes nothing of any log.</summary>
    NotTaken,

    /// <summary>
    /// Records are fetched, and the pipeline takes those of other logs. The one reason that is no
    /// fault by itself: while it catches up, older records go first.
    /// </summary>
    WaitsItsTurn,

    /// <summary>The next record was deleted, and nobody went on behind the gap.</summary>
    Deleted,

    /// <summary>A publisher's transaction is open.</summary>
    OpenTransaction,

    /// <summary>
    /// It ends before the position: another topic by the same name, or one that lost records.
    /// </summary>
    EndsBeforePosition,

    /// <summary>
    /// It ends before the first offset that is to be decided, so nothing of it is.
    /// </summary>
    EndsBeforeDecided,

    /// <summary>All of it is taken, and decisions are not acknowledged.</summary>
    NotAcknowledged,

    /// <summary>
    /// It is to be decided here and cannot be, for a reason that reading it does not show.
    /// </summary>
    NotDecided,
}
