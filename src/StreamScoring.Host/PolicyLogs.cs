using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Deployment;
using StreamScoring.Expressions;
using StreamScoring.Host.Serving;
using StreamScoring.Kafka;
using StreamScoring.Lists;

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

    /// <summary>By which rates features took amounts in the past, and do now.</summary>
    public static RateSchedule RatesOf(Topology topology, ControlState control) =>
        control.ScheduleOf(RuleArtifacts.RatesOf(topology, published: null), RuleArtifacts.PublishedRates);

    /// <summary>The lists as they are now.</summary>
    public static ListSet ListsNow(Topology topology, CancellationToken cancel)
    {
        const int chunk = 4096;
        var lists = ListSet.Empty(topology.Identity);
        foreach (var records in ListsOf(topology).ReadAll(cancel).Chunk(chunk))
        {
            lists = lists.With([.. records.Select(ChangeOf).OfType<ListChange>()], records[^1].AtMs);
        }

        return lists;

        static ListChange? ChangeOf(PolicyRecord record) => ListRecord.TryRead([.. record.Key, .. record.Value], out var list, out var entry, out var untilMs, out var isRemoval)
            ? new ListChange(list, entry, untilMs ?? ListEntry.Forever, isRemoval) : null;
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
