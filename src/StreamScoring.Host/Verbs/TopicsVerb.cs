using System.CommandLine;
using StreamScoring.Deployment;
using StreamScoring.Host.Serving;
using StreamScoring.Kafka;

namespace StreamScoring.Host.Verbs;

internal static class TopicsVerb
{
    public static Command Build()
    {
        var topology = CommonOptions.Topology();
        var set = CommonOptions.Set();
        var create = new Command("create",
            """
            Makes the topics that the topology names, in each of its regions, and adds partitions where the topology has more. Says how topics differ that it
            cannot mend: a topic never gets fewer partitions. Processes that run notice more partitions by themselves. Topics of payments and labels
            refuse records that publishers stamp more than a minute ahead (message.timestamp.after.max.ms). The topic of schemas has one partition and is
            compacted. With policy: log, the region that control.region names gets the topics control (kept for ever), lists and models
            (compacted).

            Example:
              scoring topics create --topology topology/handbook/topology.yaml
            """) { topology, set };
        create.Runs(async (parsed, cancel) =>
        {
            var file = TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []);
            var problems = new List<string>();
            // The own region first: another one may be out of reach.
            foreach (var region in file.Regions.OrderBy(region => region.Name != file.Region))
            {
                try
                {
                    problems.AddRange(await CreateAsync(file, region, cancel));
                }
                catch (KafkaFailedException e)
                {
                    problems.Add(e.Message);
                }
            }

            if (problems.Count > 0)
            {
                await Console.Error.WriteLineAsync($"scoring: {string.Join("; ", problems)}");
                return VerbRunner.Failed;
            }

            return VerbRunner.Done;
        });
        return new Command("topics", "Makes the topics of a topology.") { create };
    }

    /// <returns>How the region's topics differ all the same.</returns>
    private static async Task<IReadOnlyList<string>> CreateAsync(Topology topology, RegionTopology region, CancellationToken cancel)
    {
        using var admin = KafkaPorts.AdminOf(topology, region);
        var made = await admin.CreateMissingAsync(region.Replication, published: [region.Payments, region.Labels], compacted: [region.Schemas, region.Lists, region.Models], policy: [region.Control, region.Lists, region.Models]);
        // A broker answers before the topics are known everywhere.
        var patience = TimeSpan.FromSeconds(10);
        var started = TimeProvider.System.GetTimestamp();
        var differences = admin.Differences();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (made.Count > 0 && differences.Count > 0 && TimeProvider.System.GetElapsedTime(started) < patience && await timer.WaitForNextTickAsync(cancel))
        {
            differences = admin.Differences();
        }

        await Console.Error.WriteLineAsync($"region {region.Name}: {(made.Count > 0 ? $"made {string.Join(", ", made)}" : "all topics are there")}");
        return differences;
    }
}
