using System.CommandLine;
using StreamScoring.Host.Serving;
using StreamScoring.Kafka;
using StreamScoring.Regions;

namespace StreamScoring.Host.Verbs;

internal static class TopicsVerb
{
    public static Command Build()
    {
        var topology = CommonOptions.Topology();
        var set = CommonOptions.Set();
        var create = new Command("create",
            """
            Makes the topics that the topology names for its region, or says how those that are there differ.

            Example:
              scoring topics create --topology topology/handbook/topology.yaml
            """) { topology, set };
        create.SetAction(async (parsed, cancel) =>
        {
            var file = TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []);
            using var admin = new TopicAdmin(KafkaPorts.ConnectionOf(file.Home), file.Home);
            var made = await admin.CreateMissingAsync();
            // A broker answers before the topics are known everywhere.
            var patience = TimeSpan.FromSeconds(10);
            var started = TimeProvider.System.GetTimestamp();
            var differences = admin.Differences();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (differences.Any(difference => difference.EndsWith("is missing", StringComparison.Ordinal)) && TimeProvider.System.GetElapsedTime(started) < patience
                && await timer.WaitForNextTickAsync(cancel))
            {
                differences = admin.Differences();
            }

            await Console.Error.WriteLineAsync(made.Count > 0 ? $"made {string.Join(", ", made)}" : "all topics are there");
            if (differences.Count > 0)
            {
                await Console.Error.WriteLineAsync($"scoring: {string.Join("; ", differences)}");
                return VerbRunner.Failed;
            }

            return VerbRunner.Done;
        });
        return new Command("topics", "Makes the topics of a topology.") { create };
    }
}
