using StreamScoring.Chaos.Oracle;
using StreamScoring.Chaos.World;

namespace StreamScoring.Chaos;

/// <summary>Brokers, processes and traffic of a run.</summary>
public sealed class ChaosWorld : IDisposable
{
    /// <summary>How long a member of the group may be silent.</summary>
    public static readonly TimeSpan Session = TimeSpan.FromSeconds(2);

    private readonly string _folder;
    private readonly string _logFolder;
    private readonly ChaosOptions _options;
    private readonly TopicMaker _topics;

    /// <param name="folder">All data, gone at the end.</param>
    public ChaosWorld(ChaosOptions options, string folder, string logFolder)
    {
        (_options, _folder, _logFolder) = (options, folder, logFolder);
        Cluster = new Cluster(folder, options.Port);
        Traffic = new Traffic(Cluster.Brokers, options.Rate, options.Seed);
        Dump = new LogDump(Cluster.Brokers);
        Archive = new Archive(Dump);
        _topics = new TopicMaker(Cluster.Brokers);
        Housekeeping = new Housekeeping(_topics, Traffic, Archive);
        // Two share their snapshots, one of them with a name that outlives it; the others have
        // folders of their own.
        Members = [NewMember("a", 0, "shared", "membership.instance=a"), NewMember("b", 1, "shared"), NewMember("c", 2, "own-c")];
        Guest = NewMember("guest", 3, "own-guest");
    }

    /// <summary>As the topology calls it.</summary>
    public static string DeliveryOf(ChaosOptions options) => options.IsTransactional ? "transactional" : "idempotent";

    public Cluster Cluster { get; }

    public Traffic Traffic { get; }

    public LogDump Dump { get; }

    /// <summary>What was published.</summary>
    public Archive Archive { get; }

    public Housekeeping Housekeeping { get; }

    /// <summary>Those that are to be there all the time.</summary>
    public IReadOnlyList<Member> Members { get; }

    /// <summary>The one that comes and goes.</summary>
    public Member Guest { get; }

    public IEnumerable<Member> Everyone => [.. Members, Guest];

    /// <summary>
    /// A process that is no member of the others' group: it folds the logs from their beginning,
    /// without any snapshot. It owns all partitions in a group of its own, so it answers what the
    /// others may be about to answer. Its answers go elsewhere.
    /// </summary>
    public Member NewWitness() => NewMember(
        "witness", 4, "own-witness", "group=witness", "snapshots.interval=0s",
        $"regions.{Topics.Region}.topics.decisions={Topics.WitnessDecisions}", $"regions.{Topics.Region}.topics.deadLetters={Topics.WitnessDeadLetters}");

    public void Dispose()
    {
        Traffic.Dispose();
        _topics.Dispose();
        Cluster.Dispose();
        foreach (var member in Everyone)
        {
            member.Dispose();
        }
    }

    private Member NewMember(string name, int number, string dataFolder, params string[] more) => new(
        name, _options.Port + 200 + number, Path.Combine(_folder, dataFolder), _logFolder,
        [
            $"regions.{Topics.Region}.brokers={string.Join(',', Cluster.Brokers)}", $"regions.{Topics.Region}.partitions={Topics.Partitions}",
            "group=chaos", $"membership.session={(int)Session.TotalMilliseconds}ms", $"membership.protocol={(_options.UsesConsumerProtocol ? "consumer" : "classic")}",
            $"delivery={DeliveryOf(_options)}", "emit.transactionTimeout=2s", "snapshots.interval=3s", "snapshots.keep=3", "ingest.mergeWaitMax=2s",
            .. more,
        ]);
}
