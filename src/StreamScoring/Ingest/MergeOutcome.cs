namespace StreamScoring.Ingest;

/// <summary>What one look at the logs gave.</summary>
public enum MergeOutcome
{
    /// <summary>The batch holds records.</summary>
    Filled,

    /// <summary>Nothing is at hand and all logs are at their ends.</summary>
    Idle,

    /// <summary>
    /// Records are at hand, but a log whose next record might be older is still being fetched.
    /// </summary>
    Waiting,
}
