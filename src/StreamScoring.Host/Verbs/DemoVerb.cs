using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;
using StreamScoring.Client;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Deployment;
using StreamScoring.Drift;
using StreamScoring.Generator;
using StreamScoring.Host.Serving;
using StreamScoring.Kafka;
using StreamScoring.Logs;
using StreamScoring.Quality;
using StreamScoring.Signals;
using StreamScoring.State;

namespace StreamScoring.Host.Verbs;

internal static class DemoVerb
{
    /// <summary>
    /// Payments on their way between publisher and reader. The embedded broker drops what is beyond
    /// 5 MiB in a partition, read or not: even if all of these fell into one partition, their
    /// decisions (about 1 KiB each) would stay below that.
    /// </summary>
    private const int InFlightMax = 3000;

    private static readonly TimeSpan SummaryInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(10);

    public static Command Build()
    {
        var events = new Option<long?>("--events") { Description = "Stop after so many payments and print totals", HelpName = "N" };
        var rate = new Option<double>("--rate") { Description = "Payments a second (default: 2000; 0: as many as it takes)", HelpName = "R", DefaultValueFactory = _ => 2000 };
        var json = CommonOptions.Json();
        var command = new Command("demo",
            """
            Everything in one process: an embedded Kafka broker, a simulated world that pays, the pipeline that decides, and a reader.
            Nothing has to be installed or running. Ctrl-C stops it.

            Example:
              scoring demo --events 20000 --rate 0
            """) { events, rate, json };
        command.Runs((parsed, cancel) =>
            parsed.GetValue(events) is <= 0 ? throw new InvalidInputFileException($"--events is {parsed.GetValue(events)}; give a number above 0")
            : parsed.GetValue(rate) < 0 ? throw new InvalidInputFileException($"--rate is {parsed.GetValue(rate)}; give 0 or a number above it")
            : RunAsync(parsed.GetValue(events), parsed.GetValue(rate), parsed.GetValue(json), cancel));
        return command;
    }

    private static async Task<int> RunAsync(long? events, double rate, bool json, CancellationToken cancel)
    {
        using var broker = new EmbeddedBroker();
        var topology = TopologyFile.Load(
            Path.Combine(AppContext.BaseDirectory, "topology", "generated", "topology.yaml"), [$"regions.eu.brokers={broker.Brokers}", "ingest.fetchWaitMax=1ms"]);
        foreach (var topic in new[] { topology.Home.Payments, topology.Home.Labels, topology.Home.Decisions, topology.Home.DeadLetters })
        {
            broker.CreateTopic(topic, topology.Home.Partitions);
        }

        broker.CreateTopic(topology.Home.Schemas, 1);

        using var artifacts = Artifacts.Load(topology, cancel);
        var life = new ProcessLife(TimeProvider.System);
        var health = new PipelineHealth(life);
        var registry = Metrics.NewCustomRegistry();
        using var meter = new EngineMeter();
        using var export = new MeterExport(meter, registry);
        using var quality = topology.Quality is null ? null : new QualityWatch(meter, topology.Quality, scope: "demo", TimeProvider.System, NullLogger.Instance);
        quality?.Start();
        await using var http = await HttpEndpoint.StartAsync(topology.HttpAddress, topology.HttpPort, registry, health, quality: quality is null ? null : quality.Report);
        var connection = KafkaPorts.ConnectionOf(topology.Home);
        var logs = KafkaPorts.Logs(topology);
        // One process, so no group: it owns every partition.
        var (state, firsts) = (new FoldedState(artifacts.Features, logs, topology.Idempotency, topology.StateBytesMax, identity: topology.Identity), new FirstDecisions(topology.Idempotency.PaymentsMax));
        var coverage = new LogCoverage(logs, TimeProvider.System);
        var source = KafkaPorts.Source(topology, connection, logs, isMember: false, state.Vector, firsts, coverage, NullLogger.Instance);
        using var drift = new DriftWatch(meter, topology.DriftWindow, TimeProvider.System, NullLogger.Instance);
        drift.Start();
        await using var pipeline = await Pipeline.StartAsync(topology, artifacts.Features, artifacts.PolicyOf(topology, meter, artifacts.Rules, artifacts.Rates, drift), artifacts.Failures, logs, coverage, state, firsts, source, KafkaPorts.IdempotentSink(topology, connection, logs, KafkaPorts.LimitsOf(topology, NullLogger.Instance), NullLogger.Instance), meter, quality: quality);
        _ = new ProcessMeters(registry, () => artifacts, () => pipeline, () => source);
        health.Logs = source.Health;
        life.Enter(LifeState.Restoring);
        life.Enter(LifeState.Joining);
        life.Enter(LifeState.Deciding);
        await Console.Error.WriteLineAsync($"embedded broker {broker.Brokers}; {http.Url}/metrics; model {artifacts.Champion.Name} {artifacts.Champion.Version[..19]}");

        using var demo = new Traffic(topology, rate);
        var started = Stopwatch.GetTimestamp();
        using var stopReading = new CancellationTokenSource();
        var reading = Task.Run(() => demo.ReadAsync(events, json, stopReading.Token), CancellationToken.None);
        var publishing = Task.Run(() => demo.PublishAsync(events, cancel), CancellationToken.None);
        // What fails first ends the demo; the publisher ends it too, when all is published or it is
        // interrupted.
        await await Task.WhenAny(publishing, reading, pipeline.Done);
        life.Enter(LifeState.Draining);
        await publishing;
        await CatchUpAsync(demo, reading, pipeline.Done, cancel);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await stopReading.CancelAsync();
        // Being stopped is how it ends where payments go on.
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        pipeline.Stop();
        await pipeline.Done;
        demo.PrintTotals(seconds, json);
        return events is { } wanted ? demo.Decisions == demo.Published && demo.Decisions == wanted ? VerbRunner.Done : cancel.IsCancellationRequested ? VerbRunner.Interrupted : VerbRunner.Failed
            : VerbRunner.Interrupted;
    }

    /// <summary>
    /// Waits until every payment that was published is decided and read; when interrupted, not for
    /// long.
    /// </summary>
    private static async Task CatchUpAsync(Traffic demo, Task reading, Task pipeline, CancellationToken cancel)
    {
        var since = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(LookInterval);
        while (demo.Decisions < demo.Published && !reading.IsCompleted && !pipeline.IsCompleted
            && !(cancel.IsCancellationRequested && Stopwatch.GetElapsedTime(since) > DrainPatience))
        {
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>
    /// The simulated publisher and the reader of decisions, which holds the publisher back.
    /// </summary>
    private sealed class Traffic(Topology topology, double rate) : IDisposable
    {
        private readonly SemaphoreSlim _room = new(InFlightMax);
        private readonly Dictionary<string, long> _byAction = new(StringComparer.Ordinal);
        private readonly Dictionary<string, long> _byRule = new(StringComparer.Ordinal);
        private readonly ScoringRegion _region = ClientRegion.Of(topology);
        private long _published;
        private long _decisions;

        public long Published => Interlocked.Read(ref _published);

        public long Decisions => Interlocked.Read(ref _decisions);

        public async Task PublishAsync(long? events, CancellationToken cancel)
        {
            await using var publisher = new PaymentPublisher(_region, new PublisherOptions { BatchBytesMax = BatchLimits.BatchBytesDefault });
            // The world's clock is shifted to now, and its payments follow each other at the demo's
            // rate.
            var world = new World(new WorldOptions { StartMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - TimeSpan.FromHours(6).Ticks / TimeSpan.TicksPerMillisecond, PaymentsPerDay = 200_000 });
            var started = Stopwatch.GetTimestamp();
            foreach (var generated in world.Payments())
            {
                if (Published == events || !await MayPublishAsync(started, cancel))
                {
                    break;
                }

                await publisher.EnqueueAsync(generated.Payment, cancel: CancellationToken.None);
                Interlocked.Increment(ref _published);
            }

            await publisher.FlushAsync(CancellationToken.None);
        }

        /// <returns>False when interrupted.</returns>
        private async Task<bool> MayPublishAsync(long started, CancellationToken cancel)
        {
            try
            {
                await _room.WaitAsync(cancel);
                if (rate > 0 && TimeSpan.FromSeconds(Published / rate) - Stopwatch.GetElapsedTime(started) is { Ticks: > 0 } early)
                {
                    await Task.Delay(early, cancel);
                }

                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        public async Task ReadAsync(long? events, bool json, CancellationToken cancel)
        {
            await using var reader = await DecisionReader.OpenAsync(_region, new DecisionReaderOptions { FetchWaitMax = ClientRegion.FetchWaitMax });
            var shownAt = Stopwatch.GetTimestamp();
            var shown = 0L;
            await foreach (var decision in reader.ReadAsync(cancel))
            {
                var record = decision.Record;
                _byAction[record.Action] = _byAction.GetValueOrDefault(record.Action) + 1;
                foreach (var rule in record.Rules.Concat(record.ShadowRules))
                {
                    _byRule[rule] = _byRule.GetValueOrDefault(rule) + 1;
                }

                _room.Release();
                if (Interlocked.Increment(ref _decisions) == events)
                {
                    return;
                }

                if (!json && Stopwatch.GetElapsedTime(shownAt) >= SummaryInterval)
                {
                    var perSecond = (Decisions - shown) / Stopwatch.GetElapsedTime(shownAt).TotalSeconds;
                    Console.Out.WriteLine(FormattableString.Invariant(
                        $"{Decisions,10:N0} decided  {perSecond,8:N0}/s  {record.TimingsMs.Total,6:0.0} ms  {Counts(_byAction)}  last: {TerminalText.Escape(record.PaymentId)} {record.Action} {record.Score} by {record.DecidedBy}"));
                    (shownAt, shown) = (Stopwatch.GetTimestamp(), Decisions);
                }
            }
        }

        public void PrintTotals(double seconds, bool json) => Console.Out.WriteLine(json
            ? JsonSerializer.Serialize(new { payments = Published, decisions = Decisions, seconds = Math.Round(seconds, 3), actions = _byAction, rules = _byRule })
            : FormattableString.Invariant($"rules that fired: {(_byRule.Count == 0 ? "none" : Counts(_byRule))}\npayments {Published:N0}, decisions {Decisions:N0} in {seconds:0.0} s ({Decisions / seconds:N0}/s): {Counts(_byAction)}"));

        public void Dispose() => _room.Dispose();

        private static string Counts(Dictionary<string, long> counts) => string.Join(", ", counts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => FormattableString.Invariant($"{pair.Key} {pair.Value:N0}")));
    }
}
