using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>One real broker for the tests of a class, under a folder and port of its own; gone with its data at the end.</summary>
public sealed class KafkaCluster : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kafka").FullName;
    private readonly int _port = FreePort();

    public string Brokers => $"127.0.0.1:{_port}";

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
            await ClusterTool.UpAsync(_folder, "tests", "--port", $"{_port}", "--heap", "768");
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

    /// <summary>Sends a signal to the broker: STOP, CONT.</summary>
    public Task SignalAsync(string signal) => ClusterTool.RunAsync(_folder, "kill", "tests", "0", signal);

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

    /// <summary>A port p that is free, as is p + 100, the controller's. Below the range that the system gives to outgoing connections.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            using TcpListener broker = new(IPAddress.Loopback, port), controller = new(IPAddress.Loopback, port + 100);
            try
            {
                broker.Start();
                controller.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another one.
            }
        }
    }
}
