namespace StreamScoring.Logs;

/// <summary>How a log stands, as far as this process sees it.</summary>
/// <param name="Position">Offset of the record that is taken next; -1 for one that is not
/// read.</param>
/// <param name="End">Offset behind its newest record; null where that is not known.</param>
/// <param name="LagCount">Records in it that are not taken; null where its end is not
/// known.</param>
/// <param name="QueuedCount">Of these, fetched already.</param>
/// <param name="IsReadThrough">All that was in it when it was looked at last is taken, and is what
/// this process thinks it is.</param>
/// <param name="Failure">What keeps it from being read, for so long that it counts.</param>
/// <param name="Text">The failure in a sentence, with the log's name; empty for none.</param>
/// <param name="IsDegradation">True where the failure keeps no payment of this process's region
/// from being decided: of a followed region, or a log that only waits its turn.</param>
public sealed record LogStanding(
    LogId Log, long Position, long? End, long? LagCount, long QueuedCount, bool IsReadThrough, LogFailure Failure, string Text, bool IsDegradation)
{
    /// <summary>The failure as a metric's label.</summary>
    public static string LabelOf(LogFailure failure) => failure switch
    {
        LogFailure.Unreachable => "unreachable",
        LogFailure.NotFetched => "not_fetched",
        LogFailure.NotTaken => "not_taken",
        LogFailure.WaitsItsTurn => "waits_its_turn",
        LogFailure.Deleted => "deleted",
        LogFailure.OpenTransaction => "open_transaction",
        LogFailure.EndsBeforePosition => "ends_before_position",
        LogFailure.EndsBeforeDecided => "ends_before_decided",
        LogFailure.NotAcknowledged => "not_acknowledged",
        LogFailure.NotDecided => "not_decided",
        _ => "none",
    };
}
