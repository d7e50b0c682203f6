namespace StreamScoring.Host.Serving;

/// <summary>Where a process stands in its life. docs/architecture.md draws it.</summary>
internal enum LifeState
{
    /// <summary>Reads its files, loads models, looks for the topics.</summary>
    Starting,

    /// <summary>Makes the state, from a snapshot or empty.</summary>
    Restoring,

    /// <summary>
    /// The graph runs; the group has not yet said which partitions are its own, or their logs are
    /// not open.
    /// </summary>
    Joining,

    /// <summary>Decides what it owns.</summary>
    Deciding,

    /// <summary>Takes no further record; decides and acknowledges what it took.</summary>
    Draining,

    /// <summary>Something failed that a new graph may mend.</summary>
    StartingOver,

    /// <summary>It ends, and its supervisor has to start it again.</summary>
    Failed,

    /// <summary>It is over.</summary>
    Ended,
}
