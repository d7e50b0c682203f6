namespace StreamScoring.Deployment.Capacity;

/// <summary>The brokers of one region.</summary>
/// <param name="InBytesPerSecond">Of all of them, copies included.</param>
/// <param name="OutBytesPerSecond">To all readers, and to each other.</param>
public sealed record RegionBrokers(double InBytesPerSecond, double OutBytesPerSecond, int Brokers)
{
    /// <param name="processes">Of each region.</param>
    internal static RegionBrokers Of(Topology topology, CapacityLoad load, WireSizes wire, FollowVariant variant, ProcessCapacity process, int processes)
    {
        var rate = load.RateOf(topology.Region);
        var records = rate * (wire.PaymentBytes + WireSizes.RecordHeadBytes + (load.LabelsPerPayment * (wire.LabelBytes + WireSizes.RecordHeadBytes)));
        var decisions = rate * (wire.DecisionBytes + WireSizes.RecordHeadBytes + WireSizes.DecisionHeadersBytes);
        // What mirrors bring is written here once more.
        var mirrored = variant.OtherRegions && topology.Follows.Any(follow => FollowMode.Mirror == follow.Payments) ? process.FollowedBytesPerSecond : 0;
        var written = (records + decisions + mirrored) * load.Replication;
        // Each process that follows reads all that it follows. Whoever follows the others is taken
        // to be followed by them, as often and as much.
        var read = (records * (variant.WholeRegion ? processes : 1)) + (process.FollowedBytesPerSecond * processes) + (decisions * load.DecisionReaders)
            + ((records + decisions + mirrored) * (load.Replication - 1));
        var brokers = Math.Max(load.Replication, Math.Ceiling(Math.Max(written, read) / load.BrokerBytesPerSecond));
        return new RegionBrokers(written, read, (int)Math.Min(int.MaxValue, brokers));
    }
}
