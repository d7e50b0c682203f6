namespace StreamScoring.Deployment.Tuning;

/// <summary>What a sweep is to make better.</summary>
public enum TuneGoal : byte
{
    /// <summary>Payments a second of a backlog: more is better.</summary>
    Throughput,

    /// <summary>
    /// The 99th percentile from a payment's timestamp to the acknowledgement of its decision, at a
    /// given rate: less is better.
    /// </summary>
    Latency,
}
