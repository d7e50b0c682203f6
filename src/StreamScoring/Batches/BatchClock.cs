namespace StreamScoring.Batches;

/// <summary>
/// When a batch reached each stage, in processing time. One stamp per batch and stage, so a row
/// costs nothing.
/// </summary>
public sealed class BatchClock
{
    /// <summary>
    /// Ticks of the pipeline's <see cref="TimeProvider"/>
    /// (<see cref="TimeProvider.GetTimestamp"/>).
    /// </summary>
    public long Received { get; set; }

    public long Ingested { get; set; }

    public long EnrichStarted { get; set; }

    public long Enriched { get; set; }

    public long ScoreStarted { get; set; }

    public long Scored { get; set; }

    public long Decided { get; set; }

    /// <summary>Wall clock when the source filled the batch, ms since the Unix epoch.</summary>
    public long ReceivedAtMs { get; set; }

    /// <summary>Wall clock of the decision, ms since the Unix epoch.</summary>
    public long DecidedAtMs { get; set; }

    internal void Clear() =>
        (Received, Ingested, EnrichStarted, Enriched, ScoreStarted, Scored, Decided, ReceivedAtMs, DecidedAtMs) = (0, 0, 0, 0, 0, 0, 0, 0, 0);
}
