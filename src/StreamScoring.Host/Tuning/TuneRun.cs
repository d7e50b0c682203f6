using System.Diagnostics;
using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Tuning;
using StreamScoring.Host.Serving;
using StreamScoring.Kafka;

namespace StreamScoring.Host.Tuning;

/// <summary>A whole sweep: its topics, its trials, and which values they are made with.</summary>
internal sealed class TuneRun(TuneOptions options, ProgressLine progress, Action<string> notice)
{
    /// <summary>The embedded broker keeps so much of a partition and drops what is older.</summary>
    private const long EmbeddedPartitionBytes = 5 * 1024 * 1024;

    /// <summary>
    /// Key, headers and framing of a record beside its value, and that partitions are not equally
    /// full.
    /// </summary>
    private const int RecordBytesBeside = 60, Unevenness = 2;

    private Stopwatch _stopwatch = Stopwatch.StartNew();
    private int _topicSets;

    /// <exception cref="InvalidInputFileException">The topology, a table or a value is wrong, or
    /// they do not go together.</exception>
    /// <exception cref="KafkaFailedException">The brokers do not answer, or refuse.</exception>
    public async Task<(SweepResult Result, TuneWorkload Workload)> RunAsync(Topology topology, CancellationToken cancel)
    {
        if (options.IsEmbedded && topology.Delivery == Delivery.Transactional)
        {
            throw new InvalidInputFileException("--embedded: the embedded broker knows no transactions; take the topology's brokers, or --set delivery=idempotent");
        }

        var ladders = LaddersOf(topology);
        progress.Show($"reading payments");
        var workload = options.Payments.Count == 0 ? TuneWorkload.Generated(options.EventCount)
            : TuneWorkload.Read(options.Payments, options.Columns, options.EventCount, topology, cancel);
        if (options.IsEmbedded)
        {
            RequireRoom(workload, topology.Home.Partitions);
        }

        using var artifacts = Artifacts.Load(topology, cancel);
        using var broker = options.IsEmbedded ? new EmbeddedBroker() : null;
        var home = broker is null ? topology.Home : topology.Home with { Brokers = broker.Brokers, Security = new Dictionary<string, string>() };
        await using var topics = new TuneTopics(home, broker, notice);
        var backlog = NamedAfter(home, topics.Suffix);
        if (options.Goal == TuneGoal.Throughput)
        {
            progress.Show($"publishing {workload.Text}");
            await topics.MakeAsync(Inputs(backlog), cancel);
            await workload.PublishAsync(ClientRegion.Of(With(topology, backlog)), rate: 0, cancel);
        }

        var trial = new TuneTrial(artifacts, options.Goal, workload);
        var start = ladders.ToDictionary(ladder => ladder.Key, ladder => TopologyKeys.Named(ladder.Key).Text(topology));
        progress.Show($"warming up");
        // The first of all compiles the code; it is no one's to pay for.
        await MeasureAsync(start, cancel);
        _stopwatch = Stopwatch.StartNew();
        var result = await new KnobSweep(options.Goal, options.Rounds, MeasureAsync, Show).RunAsync(ladders, start, cancel);
        return (result, workload);

        async Task<TrialFigures> MeasureAsync(IReadOnlyDictionary<string, string> values, CancellationToken stop)
        {
            var own = NamedAfter(home, $"{topics.Suffix}-{++_topicSets}");
            own = options.Goal == TuneGoal.Throughput ? own with { Payments = backlog.Payments, Labels = backlog.Labels } : own;
            var tried = With(Load([.. values.Select(value => $"{value.Key}={value.Value}")]), own);
            tried = tried with { Group = $"{topology.Group}{topics.Suffix}-{_topicSets}" };
            var made = options.Goal == TuneGoal.Throughput ? Outputs(own) : [.. Inputs(own), .. Outputs(own)];
            await topics.MakeAsync(made, stop);
            if (tried.Delivery == Delivery.Transactional)
            {
                topics.Joins(tried.Group);
            }

            Func<CancellationToken, Task>? publish = options.Goal == TuneGoal.Throughput ? null : until => workload.PublishAsync(ClientRegion.Of(tried), options.Rate, until);
            var figures = await trial.RunAsync(tried, publish, stop);
            await topics.DeleteAsync([.. made.Select(topic => topic.Name)]);
            return figures;
        }
    }

    /// <summary>Trials have topics of their own, and none of them changes the policy.</summary>
    public Topology Load(params IEnumerable<string> more) => TopologyFile.Load(options.File, [.. options.Set, .. more]) with { Control = null };

    private IReadOnlyList<KnobLadder> LaddersOf(Topology topology)
    {
        var ladders = new KnobLadders(value => Load(value), topology);
        return options.Try.Count == 0 ? ladders.All(Environment.ProcessorCount) : [.. options.Try.Select(ladders.Parse)];
    }

    /// <summary>
    /// The topology with its own region alone, on other topics. A name in the group would be that
    /// of a process which may be running.
    /// </summary>
    private Topology With(Topology topology, RegionTopology home) => topology with
    {
        Regions = [home],
        Follows = [],
        Membership = topology.Membership with { Instance = "" },
        // The embedded broker holds an answer back for the whole of it.
        Ingest = options.IsEmbedded ? topology.Ingest with { FetchWaitMax = TimeSpan.FromMilliseconds(1) } : topology.Ingest,
    };

    private static RegionTopology NamedAfter(RegionTopology home, string suffix) => home with
    {
        Payments = home.Payments + suffix,
        Labels = home.Labels + suffix,
        Decisions = home.Decisions + suffix,
        DeadLetters = home.DeadLetters + suffix,
        Schemas = home.Schemas + suffix,
    };

    private static (string Name, int Partitions)[] Inputs(RegionTopology region) => [(region.Payments, region.Partitions), (region.Labels, region.LabelPartitions)];

    private static (string Name, int Partitions)[] Outputs(RegionTopology region) => [(region.Decisions, region.Partitions), (region.DeadLetters, region.Partitions), (region.Schemas, 1)];

    private static void RequireRoom(TuneWorkload workload, int partitions)
    {
        var bytes = workload.Bytes() + ((long)workload.PaymentCount * RecordBytesBeside);
        var room = EmbeddedPartitionBytes * partitions / Unevenness;
        if (bytes > room)
        {
            throw new InvalidInputFileException(
                $"--embedded: {workload.Text} are {bytes >> 20} MiB, and the embedded broker drops what is beyond 5 MiB in a partition; give at most --events {workload.PaymentCount * room / bytes}");
        }
    }

    private void Show(SweepProgress at)
    {
        var left = at.TrialsDone == 0 ? "" : FormattableString.Invariant($"; at most {Math.Ceiling(_stopwatch.Elapsed.TotalMinutes / at.TrialsDone * at.TrialsLeftMax):0} min left");
        progress.Show($"{at.Text}; trial {at.TrialsDone + 1} of at most {at.TrialsDone + at.TrialsLeftMax}{left}");
    }
}
