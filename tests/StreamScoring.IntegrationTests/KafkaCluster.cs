using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// Real brokers, mostly one, for the tests of a class, under a folder and ports of their own; gone
/// with their data at the end.
/// </summary>
public sealed class KafkaCluster : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kafka").FullName;
    private readonly int _brokers;
    private readonly int _port;

    public KafkaCluster()
        : this(brokers: 1)
    {
    }

    internal KafkaCluster(int brokers) => (_brokers, _port) = (brokers, FreePort(brokers));

    public string Brokers => string.Join(',', Enumerable.Range(_port, _brokers).Select(port => $"127.0.0.1:{port}"));

    /// <summary>What the program is told about its surroundings.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["SCORING_BROKERS"] = Brokers,
        ["SCORING_HTTP_PORT"] = "0",
        ["SCORING_DATA"] = _folder,
    };

    public async Task InitializeAsync()
    {
        if (SharedFolder.MissingReason is null)
        {
            await ClusterTool.UpAsync(_folder, "tests", "--brokers", $"{_brokers}", "--port", $"{_port}", "--heap", "768");
        }
    }

    public async Task DisposeAsync()
    {
        if (SharedFolder.MissingReason is null)
        {
            await ClusterTool.RunAsync(_folder, "down", "tests", "--wipe");
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Sends a signal to a broker: STOP, CONT, KILL.</summary>
    public Task SignalAsync(string signal, int broker = 0) => ClusterTool.RunAsync(_folder, "kill", "tests", $"{broker}", signal);

    /// <summary>Publishes lines of text by a client that is not ours, a record each.</summary>
    public async Task ProduceByKcatAsync(string topic, IEnumerable<string> lines)
    {
        using var kcat = Process.Start(new ProcessStartInfo("kcat", ["-P", "-b", Brokers, "-t", topic]) { RedirectStandardInput = true })!;
        foreach (var line in lines)
        {
            await kcat.StandardInput.WriteLineAsync(line);
        }

        kcat.StandardInput.Close();
        await kcat.WaitForExitAsync();
        Assert.Equal(0, kcat.ExitCode);
    }

    /// <summary>
    /// The first of so many free ports in a row; as many from 100 above are free too, the
    /// controllers'. Below the range that the system gives to outgoing connections.
    /// </summary>
    internal static int FreePort(int brokers)
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            if (Enumerable.Range(port, brokers).All(broker => IsFree(broker) && IsFree(broker + 100)))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
