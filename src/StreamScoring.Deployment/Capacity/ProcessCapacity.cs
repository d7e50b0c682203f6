namespace StreamScoring.Deployment.Capacity;

/// <summary>What one of so many processes of a region does and takes.</summary>
/// <param name="FoldedPerSecond">Payments, those that it decides included.</param>
/// <param name="FollowedBytesPerSecond">Of what it reads, what comes from other regions.</param>
/// <param name="Keys">By entity: those of which it holds anything.</param>
/// <param name="CpuMicrosecondsFollowed">Of a payment that is folded only.</param>
/// <param name="CpuMicrosecondsDecided">Of a payment that is decided, from Kafka to Kafka.</param>
/// <param name="StateBytes">The keyed state.</param>
/// <param name="GrowthBytes">What the largest table of keys takes more while it doubles.</param>
/// <param name="IndexBytes">Idempotency: the payments that are known, and what was decided.</param>
/// <param name="PathBytes">Batches, and queues to and from Kafka when they are full.</param>
/// <param name="SnapshotBytes">One snapshot.</param>
/// <param name="RestoreSeconds">Reading it back, by CPU or disk, whichever is slower.</param>
/// <param name="Limits">All of them.</param>
public sealed record ProcessCapacity(
    double FoldedPerSecond,
    double DecidedPerSecond,
    double FollowedBytesPerSecond,
    IReadOnlyDictionary<string, double> Keys,
    double CpuMicrosecondsFollowed,
    double CpuMicrosecondsDecided,
    double StateBytes,
    double GrowthBytes,
    double IndexBytes,
    double PathBytes,
    double ProcessBytes,
    double SnapshotBytes,
    double RestoreSeconds,
    double NetworkInBytesPerSecond,
    double NetworkOutBytesPerSecond,
    IReadOnlyList<CapacityLimit> Limits)
{
    public double MemoryBytes => StateBytes + GrowthBytes + IndexBytes + PathBytes + ProcessBytes;

    /// <summary>The limit that is reached first.</summary>
    public CapacityLimit Binding => Limits.MaxBy(limit => limit.Share)!;

    public bool Fits => Limits.All(limit => limit.Share <= 1);
}
