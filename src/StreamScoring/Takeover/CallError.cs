namespace StreamScoring.Takeover;

/// <summary>What kind of error a call to the brokers ended with.</summary>
public enum CallError
{
    /// <summary>
    /// It may succeed when it is made again: brokers are slow or away, or a transaction is open.
    /// </summary>
    Transient,

    /// <summary>The topic or the partition is not there.</summary>
    Missing,

    /// <summary>This process may not do that.</summary>
    Refused,

    /// <summary>The client can do nothing any more.</summary>
    Fatal,
}
