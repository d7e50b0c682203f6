namespace StreamScoring;

/// <summary>The throughput knobs of the graph.</summary>
public sealed record PipelineOptions
{
    /// <summary>
    /// The most that the topology allows; what must have room for any value that comes while the
    /// graph runs is made for it.
    /// </summary>
    public const int ScoringLanesCeiling = 64, EmitBatchesInFlightCeiling = 1024;

    /// <summary>How long a log that gives nothing may hold up the others on catch-up.</summary>
    public TimeSpan MergeWaitMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Batches scored at the same time.</summary>
    public int ScoringLanes { get; init; } = 1;

    /// <summary>Batches sent and not yet acknowledged.</summary>
    public int EmitBatchesInFlightMax { get; init; } = 16;
}
