using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.State;

namespace StreamScoring.Host.Replaying;

/// <summary>
/// The state that a chain begins with: an empty one where the logs are whole. Where retention took
/// their beginning, that of the newest snapshot of this machine's data folder that lies at or
/// before the chain's first batch: it holds what is gone, but not all that came too late for it.
/// </summary>
internal static class ReplayStart
{
    public static FoldedState Before(ReplayWorld world, ReplayedBatch first)
    {
        var (topology, logs) = (world.Topology, world.Logs);
        var isWhole = Enumerable.Range(0, logs.Count).All(logIndex => logs.IsPolicy(logIndex) || world.Range.Start[logIndex] == 0);
        if (isWhole || logs.TopicIds.Count == 0)
        {
            // Without ids a snapshot could not be told from one of other topics by the same names.
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
