using System.CommandLine;
using Microsoft.Extensions.Logging;
using Prometheus;
using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Drift;
using StreamScoring.Features;
using StreamScoring.Host.Serving;
using StreamScoring.Logs;
using StreamScoring.Scoring;
using StreamScoring.Signals;

namespace StreamScoring.Host.Verbs;

internal static class RunVerb
{
    private static readonly TimeSpan ControllerPatience = TimeSpan.FromMinutes(1);

    public static Command Build()
    {
        var topology = CommonOptions.Topology();
        var set = CommonOptions.Set();
        var untilIdle = new Option<string?>("--until-idle") { Description = "End once everything is decided and acknowledged and nothing came for so long", HelpName = "TIME" };
        var command = new Command("run",
            """
            Runs the pipeline against Kafka until it is stopped: Ctrl-C takes no further payment, decides what was taken, and leaves. When the topology
            file changes it takes the keys that can change while it runs (docs/topology.md) and says which others need a restart.

            Example:
              scoring topics create --topology topology/handbook/topology.yaml
              scoring run --topology topology/handbook/topology.yaml --until-idle 5s
            """) { topology, set, untilIdle };
        command.Runs((parsed, cancel) => RunAsync(
            parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? [], CommonOptions.TimeOf("--until-idle", parsed.GetValue(untilIdle)), cancel));
        return command;
    }

    private static async Task<int> RunAsync(string path, IReadOnlyList<string> set, TimeSpan? untilIdle, CancellationToken cancel)
    {
        var topology = TopologyFile.Load(path, set);
        using var logging = PipelineLog.Create();
        var logger = logging.CreateLogger("StreamScoring");
        var registry = Metrics.NewCustomRegistry();
        using var meter = new EngineMeter();
        using var export = new MeterExport(meter, registry);
        var features = FeatureFiles.Load(topology.FeatureFile);
        // Nobody decides until both are there, so they go on side by side: the state, and the model
        // with its trials.
        using var quality = QualityStore.Open(topology, meter, logger);
        var restoring = Task.Run(() => RestoreAsync(topology, features, quality, registry, logger, cancel), cancel);
        // Before they are read: a change meanwhile is one that it sees.
        var rules = new RuleWatch(topology);
        using var drift = topology.DriftWindow == TimeSpan.Zero ? null : new DriftWatch(meter, topology.DriftWindow, TimeProvider.System, logger);
        using var policies = new PolicyFiles(topology, Artifacts.Load(topology, features, new ModelFailures(meter, logger), cancel), meter, PublishedFolders.OfProcess(topology), drift);
        foreach (var (folder, notice) in policies.Current.Notices)
        {
            logger.ModelNotice(folder, notice);
        }

        if (IdentityNotice.IsDue(topology))
        {
            logger.NoIdentitySecret(topology.File);
        }

        if (topology is { Control: not null, ListFolder: not null })
        {
            logger.ListsNotRead(topology.File);
        }

        var life = new ProcessLife(TimeProvider.System);
        var health = new PipelineHealth(life);
        var file = new TopologyWatch(topology, set, logger);
        DotNetStats.Register(registry);
        using var runtime = new RuntimeMeters(registry);
        ServingProcess? process = null;
        await using var http = await HttpEndpoint.StartAsync(
            topology.HttpAddress, topology.HttpPort, registry, health, async aborted => process is null ? null : await StateReport.OfAsync(process, aborted),
            () => StatusReport.Of(life, topology, file, process, drift), quality is null ? null : quality.Watch.Report);
        var (snapshots, logs) = await restoring;
        using var live = new LiveTopology(file, rules, policies, registry, logger);
        process = new ServingProcess(topology, logs, live, policies, snapshots, life, health, meter, http.Url, logger, quality);
        KnobMeters.Register(registry, () => process.Topology);
        _ = new ProcessMeters(registry, () => policies.Current, () => process.Pipeline, () => process.Source);
        drift?.Start();
        quality?.Watch.Start();
        await process.RunAsync(untilIdle, cancel);
        return cancel.IsCancellationRequested ? VerbRunner.Interrupted : VerbRunner.Done;
    }

    private static async Task<(Snapshots Snapshots, LogTable Logs)> RestoreAsync(Topology topology, FeatureFile features, QualityStore? quality, CollectorRegistry registry, ILogger logger, CancellationToken cancel)
    {
        KafkaPorts.RequireTopics(topology, logger);
        foreach (var limit in await KafkaPorts.TimestampNoticesAsync(topology))
        {
            logger.TimestampLimit(limit);
        }

        var snapshots = new Snapshots(topology, features, registry, logger) { BeforeEach = quality is null ? null : quality.Save };
        // Brokers that answer may be electing a controller, and tell no ids until they have one.
        var logs = await KafkaPorts.LogsOnceThereAsync(topology, ControllerPatience, lacks: _ => null, logger.Waits, cancel);
        snapshots.RestoreAhead(logs);
        return (snapshots, logs);
    }
}
