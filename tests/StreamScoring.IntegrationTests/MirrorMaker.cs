using System.Diagnostics;
using Confluent.Kafka;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// MirrorMaker 2 as its makers ship it: copies topics of one cluster into another, under the first
/// one's name and a dot.
/// </summary>
internal sealed class MirrorMaker : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    /// <param name="folder">For its settings.</param>
    /// <param name="from">The name of the cluster that is copied.</param>
    public MirrorMaker(string folder, string from, string fromBrokers, string into, string intoBrokers, string topic)
    {
        var settings = Path.Combine(folder, $"mirror-{Guid.NewGuid():n}.properties");
        File.WriteAllLines(settings, [
            $"clusters = {from}, {into}", $"{from}.bootstrap.servers = {fromBrokers}", $"{into}.bootstrap.servers = {intoBrokers}",
            $"{from}->{into}.enabled = true", $"{from}->{into}.topics = {topic}", $"{into}->{from}.enabled = false",
            "replication.factor = 1", "offset-syncs.topic.replication.factor = 1", "offset.storage.replication.factor = 1", "status.storage.replication.factor = 1",
            "config.storage.replication.factor = 1", "dedicated.mode.enable.internal.rest = false", "emit.heartbeats.enabled = false", "emit.checkpoints.enabled = false",
            "sync.topic.acls.enabled = false",
            // The copies keep the timestamps, also of a topic whose brokers stamp.
            "config.properties.exclude = message.timestamp.type,message.timestamp.difference.max.ms,min.insync.replicas,unclean.leader.election.enable",
            // It notes how far it is when it ends cleanly, and else this often: whoever kills it
            // makes it repeat all.
            "offset.flush.interval.ms = 3600000",
        ]);
        _process = Process.Start(new ProcessStartInfo(SharedFolder.PathOf("kafka", "bin", "kafka"), ["mirror-maker", settings]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Waits until the topic is in the cluster.</summary>
    public static async Task MakesAsync(string brokers, string topic)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = brokers }).Build();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        for (var began = TimeProvider.System.GetTimestamp(); admin.GetMetadata(topic, TimeSpan.FromSeconds(10)).Topics[0].Error.IsError;)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"the mirror never made {topic}");
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>kill -9.</summary>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
