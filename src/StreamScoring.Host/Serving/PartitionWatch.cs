using StreamScoring.Deployment;
using StreamScoring.Kafka;
using StreamScoring.Logs;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Looks, now and then, whether topics that are read have got more partitions than the process
/// knows of. A region that does not answer has not.
/// </summary>
/// <param name="health">Told of payments that nobody can decide yet.</param>
internal sealed class PartitionWatch(Topology topology, LogHealth health) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly TopicAdmin _home = KafkaPorts.AdminOf(topology);
    private readonly List<(FollowKnobs Follow, TopicAdmin Admin)> _followed =
        [.. topology.Follows.SelectMany(follow => KafkaPorts.AdminsOf(topology, follow).Select(admin => (follow, admin)))];

    /// <summary>Asks the brokers.</summary>
    /// <returns>The topology as it is now; null where nothing grew.</returns>
    public Topology? LookForGrowth()
    {
        var regions = topology.Regions.ToDictionary(region => region.Name);
        GrowHome(regions);
        foreach (var (follow, admin) in _followed)
        {
            Grow(regions, follow, Counts(admin));
        }

        return regions.Values.SequenceEqual(topology.Regions) ? null : topology with { Regions = [.. topology.Regions.Select(region => regions[region.Name])] };
    }

    public void Dispose()
    {
        _home.Dispose();
        _followed.ForEach(region => region.Admin.Dispose());
    }

    private void GrowHome(Dictionary<string, RegionTopology> regions)
    {
        var (home, counts) = (topology.Home, Counts(_home));
        var payments = counts.GetValueOrDefault(home.Payments);
        var answers = Math.Min(counts.GetValueOrDefault(home.Decisions), counts.GetValueOrDefault(home.DeadLetters));
        var served = Math.Max(home.Partitions, answers);
        // Where the brokers do not answer, nothing is known, and what was said holds.
        if (counts.Count > 0)
        {
            health.Undecided(
                "partitions",
                [.. Enumerable.Range(served, Math.Max(0, payments - served)).Select(partition => new LogId(home.Name, home.Payments, partition))],
                $"topic {home.Payments} has {payments} partitions; those above {served} are decided once {home.Decisions} and {home.DeadLetters} have as many: scoring topics create");
        }

        regions[home.Name] = home with
        {
            Partitions = Math.Max(home.Partitions, Math.Min(payments, answers)),
            LabelPartitions = Math.Max(home.LabelPartitions, counts.GetValueOrDefault(home.Labels)),
        };
    }

    private static void Grow(Dictionary<string, RegionTopology> regions, FollowKnobs follow, IReadOnlyDictionary<string, int> counts)
    {
        var region = regions[follow.Region];
        regions[follow.Region] = region with
        {
            Partitions = Math.Max(region.Partitions, Count(follow.Payments, region.Payments)),
            LabelPartitions = Math.Max(region.LabelPartitions, Count(follow.Labels, region.Labels)),
        };

        int Count(FollowMode mode, string topic) => counts.GetValueOrDefault(mode == FollowMode.Mirror ? follow.MirrorPrefix + topic : topic);
    }

    private static IReadOnlyDictionary<string, int> Counts(TopicAdmin admin)
    {
        try
        {
            return admin.PartitionCounts(Patience);
        }
        catch (KafkaFailedException)
        {
            return new Dictionary<string, int>();
        }
    }
}
