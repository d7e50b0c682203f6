using System.Globalization;
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

    public static PolicyTopic ModelsOf(Topology topology) => TopicOf(topology, region => region.Models);

    /// <summary>Publishes a change, and sees whether it counts.</summary>
    /// <exception cref="InvalidInputFileException">It is too large for a record.</exception>
    /// <exception cref="KafkaFailedException">It cannot be written, or does not count.</exception>
    public static ControlEntry Publish(Topology topology, ControlChange change, CancellationToken cancel)
    {
        var value = change.ToJson();
        if (value.Length > ControlChange.BytesMax)
        {
            throw new InvalidInputFileException($"the change has {value.Length:N0} bytes; a record of the control topic has {ControlChange.BytesMax:N0} at the most");
        }

        ControlOf(topology).Write([(null, value)], new Dictionary<string, string>(), _ => { }, cancel);
        // Whether it counts is for the log to say: another may have come between.
        var entry = HistoryOf(topology, cancel).Entries.Last(entry => entry.Change is { } other && other.By == change.By && other.Why == change.Why && other.Parts.SequenceEqual(change.Parts));
        return entry.Refusal is null ? entry
            : throw new KafkaFailedException($"the change at offset {entry.Offset} does not count: {entry.Refusal}. Look at what was changed ({(change.Parts.Any(part => part.Kind == ControlPart.Models) ? "scoring models history" : "scoring policy diff")}), and try again");
    }

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

    /// <summary>A record's time, as people and scripts read it.</summary>
    /// <param name="ms">Since the Unix epoch.</param>
    public static string TimeOf(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static PolicyTopic TopicOf(Topology topology, Func<RegionTopology, string> name)
    {
        var control = topology.Control ?? throw new InvalidInputFileException($"{topology.File}: the policy is that of files; with policy: log it is changed by scoring policy and scoring lists");
        var region = topology.Regions.First(region => region.Name == control.Region);
        return new PolicyTopic(KafkaPorts.ConnectionOf(region), name(region));
    }
}
