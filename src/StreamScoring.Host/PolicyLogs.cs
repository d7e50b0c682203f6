using StreamScoring.Configuration;
using StreamScoring.Control;
using StreamScoring.Deployment;
using StreamScoring.Host.Serving;
using StreamScoring.Kafka;

namespace StreamScoring.Host;

/// <summary>The topics of a deployment's policy, for verbs.</summary>
internal static class PolicyLogs
{
    public static PolicyTopic ControlOf(Topology topology) => TopicOf(topology, region => region.Control);

    public static PolicyTopic ListsOf(Topology topology) => TopicOf(topology, region => region.Lists);

    /// <summary>All that was ever published but entries of lists.</summary>
    public static ControlHistory HistoryOf(Topology topology, CancellationToken cancel)
    {
        var history = new ControlHistory();
        foreach (var record in ControlOf(topology).ReadAll(cancel))
        {
            history.Add(record.Offset, record.AtMs, record.Value);
        }

        return history;
    }

    /// <summary>Who publishes, where nobody is named.</summary>
    public static string Me => Environment.UserName is { Length: > 0 } user ? $"{user}@{Environment.MachineName}" : Environment.MachineName;

    private static PolicyTopic TopicOf(Topology topology, Func<RegionTopology, string> name)
    {
        var control = topology.Control ?? throw new InvalidInputFileException($"{topology.File}: the policy is that of files; with policy: log it is changed by scoring policy and scoring lists");
        var region = topology.Regions.First(region => region.Name == control.Region);
        return new PolicyTopic(KafkaPorts.ConnectionOf(region), name(region));
    }
}
