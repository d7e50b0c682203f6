namespace StreamScoring.Deployment.Capacity;

/// <summary>A way to run a region.</summary>
/// <param name="IsOfTopology">What the file says now.</param>
/// <param name="Processes">That it takes, of one region; 0 where no number of them is
/// enough.</param>
/// <param name="ProcessesTakingOver">That it takes where the publishers of the busiest followed
/// region come here too; 0 where no number is enough, null where none is followed.</param>
/// <param name="Process">One of them; where none is enough, one of very many, which shows what does
/// not fit.</param>
/// <param name="Partitions">Of payments: a multiple of four that gives each process two.</param>
/// <param name="Brokers">Of this region, with one process more.</param>
public sealed record CapacityVariant(
    FollowVariant Variant, bool IsOfTopology, int Processes, int? ProcessesTakingOver, ProcessCapacity Process, int Partitions, RegionBrokers Brokers)
{
    public bool Fits => Processes > 0;
}
