using System.CommandLine;
using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Capacity;

namespace StreamScoring.Host.Verbs;

/// <summary>What a topology file comes down to before it is run.</summary>
internal static class TopologyPlanVerb
{
    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "The topology file" };
        var set = CommonOptions.Set();
        var json = CommonOptions.Json();
        var capacity = new Option<bool>("--capacity") { Description = "How many processes, partitions and brokers it takes at a rate, and what binds (docs/scale.md)" };
        var options = new CapacityOptions();
        var plan = new Command("plan",
            """
            Works out, without looking at any broker, what a topology takes at a rate: memory, CPU and network of a process, snapshots, how many processes,
            partitions and brokers, which limit binds, and whether a process can follow its whole region and the others. Everything that no file says
            has an option. Numbers may be written 1e9. The constants are of the machine that is printed; load-tests/capacity/measure measures another.

            Example:
              scoring topology plan topology/handbook/topology.yaml --capacity --rate 10000 --keys customer_id=1e9 terminal_id=1e7 --memory 256
            """) { file, set, json, capacity };
        options.AddTo(plan);
        plan.Runs(async (parsed, _) =>
        {
            if (!parsed.GetValue(capacity))
            {
                throw new InvalidInputFileException("say what to plan: --capacity works out what the topology takes at a rate");
            }

            var topology = TopologyFile.Load(parsed.GetRequiredValue(file), parsed.GetValue(set) ?? []);
            var planned = CapacityModel.Plan(topology, FeatureFiles.Load(topology.FeatureFile), options.Load(parsed), options.Constants(parsed));
            await Console.Out.WriteAsync(parsed.GetValue(json) ? planned.ToJson() + "\n" : CapacityReport.Of(planned));
            return VerbRunner.Done;
        });
        return plan;
    }
}
