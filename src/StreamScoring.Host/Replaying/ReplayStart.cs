using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.State;

namespace StreamScoring.Host.Replaying;

/// <summary>
/// The state that a chain begins with: that of the newest snapshot of this machine's data folder
/// that lies at or before the chain's first batch, or an empty one.
/// </summary>
internal static class ReplayStart
{
    public static FoldedState Before(ReplayWorld world, ReplayedBatch first)
    {
        var (topology, logs) = (world.Topology, world.Logs);
        if (logs.TopicIds.Count == 0)
        {
            // Without them a snapshot could not be told from one of other topics by the same names.
            return New();
        }

        var history = new SnapshotHistory(
            new SnapshotFolder(Path.Combine(topology.DataFolder, "snapshots")), world.Features, logs.TopicIds, topology.Hash, "replay", keep: 1, NullLogger.Instance, topology.Identity)
        {
            Required = [$"{topology.Region}/{topology.Home.Payments}", $"{topology.Region}/{topology.Home.Labels}"],
        };
        for (var logIndex = 0; logIndex < logs.Count; logIndex++)
        {
            history.RequireAtOrBefore(logs[logIndex], first.Next[logIndex]);
        }

        return history.RestoreNewest(New).State;

        FoldedState New() => new(world.Features, logs, topology.Idempotency, topology.StateBytesMax, identity: topology.Identity);
    }
}
