using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Prometheus;
using StreamScoring.Configuration;
using StreamScoring.Host.Serving;
using StreamScoring.Kafka;
using StreamScoring.Regions;

namespace StreamScoring.Host.Verbs;

internal static partial class RunVerb
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    public static Command Build()
    {
        var topology = CommonOptions.Topology();
        var set = CommonOptions.Set();
        var untilIdle = new Option<string?>("--until-idle") { Description = "End once everything is decided and acknowledged and nothing came for so long", HelpName = "TIME" };
        var command = new Command("run",
            """
            Runs the pipeline against Kafka until it is stopped: Ctrl-C takes no further payment, decides what was taken, and leaves.

            Example:
              scoring topics create --topology topology/handbook/topology.yaml
              scoring run --topology topology/handbook/topology.yaml --until-idle 5s
            """) { topology, set, untilIdle };
        command.SetAction((parsed, cancel) => RunAsync(
            TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []), IdleTime(parsed.GetValue(untilIdle)), cancel));
        return command;
    }

    private static TimeSpan? IdleTime(string? text) =>
        text is null ? null
        : YamlMap.TryParseDuration(text, out var value) ? value
        : throw new InvalidInputFileException($"--until-idle is {text}; expected a length of time such as 500ms, 5s or 1m");

    private static async Task<int> RunAsync(Topology topology, TimeSpan? untilIdle, CancellationToken cancel)
    {
        using var logging = PipelineLog.Create();
        var log = logging.CreateLogger("StreamScoring");
        using var artifacts = Artifacts.Load(topology);
        foreach (var notice in artifacts.Champion.Notices)
        {
            LogModelNotice(log, topology.ModelFolder, notice);
        }

        var connection = KafkaPorts.ConnectionOf(topology.Home);
        RequireTopics(connection, topology);
        var health = new PipelineHealth();
        var registry = Metrics.NewCustomRegistry();
        DotNetStats.Register(registry);
        await using var http = await HttpEndpoint.StartAsync(topology.HttpPort, registry, health);
        Pipeline? current = null;
        KafkaLogSource? source = null;
        _ = new ProcessMeters(registry, artifacts, () => current, () => source);
        var logs = KafkaPorts.Logs(topology.Home);
        while (true)
        {
            source = KafkaPorts.Source(topology, connection, logs, topology.Group, message => LogNotice(log, message));
            await using var pipeline = current = new Pipeline(topology, artifacts, logs, source, KafkaPorts.Sink(topology, connection, logs, message => LogNotice(log, message)), registry);
            try
            {
                return await WatchAsync(pipeline, source, topology, artifacts, health, http.Port, untilIdle, cancel);
            }
            catch (OwnershipMovedException e)
            {
                LogNotice(log, e.Message);
            }
            catch (Exception e)
            {
                health.Fail(e.Message);
                throw;
            }
        }
    }

    private static async Task<int> WatchAsync(
        Pipeline pipeline, KafkaLogSource source, Topology topology, Artifacts artifacts, PipelineHealth health, int port, TimeSpan? untilIdle, CancellationToken cancel)
    {
        var idleSince = TimeProvider.System.GetTimestamp();
        var taken = -1L;
        var isReady = false;
        using var timer = new PeriodicTimer(LookInterval);
        while (!cancel.IsCancellationRequested && !pipeline.Done.IsCompleted)
        {
            if (!isReady && source.IsReady)
            {
                isReady = true;
                health.Ready();
                await Console.Out.WriteLineAsync(
                    $"ready: region {topology.Region}, owns {string.Join(", ", source.Owned.Select(owned => owned.ToString()))}; model {artifacts.Champion.Name} {artifacts.Champion.Version[..19]}; http://127.0.0.1:{port}/metrics");
            }

            if (!isReady || !pipeline.Progress.IsIdle || pipeline.Progress.Taken != taken)
            {
                (idleSince, taken) = (TimeProvider.System.GetTimestamp(), pipeline.Progress.Taken);
            }
            else if (untilIdle is { } idleMax && TimeProvider.System.GetElapsedTime(idleSince) >= idleMax)
            {
                break;
            }

            await Task.WhenAny(pipeline.Done, timer.WaitForNextTickAsync(CancellationToken.None).AsTask());
        }

        health.Draining();
        pipeline.Stop();
        await pipeline.Done;
        var progress = pipeline.Progress;
        await Console.Error.WriteLineAsync(JsonSerializer.Serialize(new
        {
            records = progress.Taken,
            decisions = progress.Decided,
            dead_letters = progress.DeadLettered,
            folded = progress.Folded,
        }));
        return cancel.IsCancellationRequested ? VerbRunner.Interrupted : VerbRunner.Done;
    }

    private static void RequireTopics(KafkaConnection connection, Topology topology)
    {
        using var admin = new TopicAdmin(connection, topology.Home);
        if (admin.Differences() is { Count: > 0 } differences)
        {
            throw new KafkaFailedException($"{string.Join("; ", differences)}. Make them with: scoring topics create --topology {topology.File}");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Model}: {Notice}")]
    private static partial void LogModelNotice(ILogger logger, string model, string notice);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Notice}")]
    private static partial void LogNotice(ILogger logger, string notice);
}
