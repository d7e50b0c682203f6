using Confluent.Kafka;
using StreamScoring.TestSupport;

namespace StreamScoring.Chaos.World;

/// <summary>Three real brokers, each of which can be killed, stopped and started.</summary>
public sealed class Cluster(string folder, int port) : IDisposable
{
    public const int BrokerCount = 3;

    private const int HeapMegabytes = 256;

    private IAdminClient? _admin;

    private string Folder => Path.Combine(folder, "kafka");

    public string Brokers { get; } = string.Join(',', Enumerable.Range(0, BrokerCount).Select(broker => $"127.0.0.1:{port + broker}"));

    /// <param name="session">How long a member of the consumer protocol may be silent: there it is
    /// the brokers' to say.</param>
    public Task StartAsync(TimeSpan session) => ClusterTool.UpAsync(
        Folder, "chaos", "--brokers", $"{BrokerCount}", "--port", $"{port}", "--heap", $"{HeapMegabytes}",
        // How often they look for transactions whose time is over.
        "--set", "transaction.abort.timed.out.transaction.cleanup.interval.ms=1000",
        "--set", $"group.consumer.session.timeout.ms={(int)session.TotalMilliseconds}",
        "--set", $"group.consumer.heartbeat.interval.ms={(int)session.TotalMilliseconds / 5}");

    public Task KillAsync(int broker) => RunAsync("kill", "chaos", $"{broker}");

    /// <summary>
    /// It takes no part until it is told to go on: to others it looks like a lost route.
    /// </summary>
    public Task FreezeAsync(int broker) => RunAsync("kill", "chaos", $"{broker}", "STOP");

    public Task ThawAsync(int broker) => RunAsync("kill", "chaos", $"{broker}", "CONT");

    public Task StartBrokerAsync(int broker) => ClusterTool.StartBrokerAsync(Folder, "chaos", broker);

    /// <summary>The broker that leads a partition now; -1 where nobody does.</summary>
    public int LeaderOf(string topic, int partition)
    {
        // One for all: two runs of many ended in a crash of the native client, whose clients came
        // and went here with brokers that were away.
        _admin ??= new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Brokers }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        return _admin.GetMetadata(topic, TimeSpan.FromSeconds(15)).Topics.Single().Partitions.SingleOrDefault(known => known.PartitionId == partition)?.Leader ?? -1;
    }

    public void Dispose() => _admin?.Dispose();

    private Task RunAsync(params string[] arguments) => ClusterTool.RunAsync(Folder, arguments);
}
