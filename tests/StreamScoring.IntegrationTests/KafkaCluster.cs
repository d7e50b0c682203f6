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
            await ClusterAsync("up", "tests", "--port", $"{_port}", "--heap", "768");
        }
    }

    public async Task DisposeAsync()
    {
        if (SharedFolder.MissingReason is null)
        {
            await ClusterAsync("down", "tests", "--wipe");
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task ClusterAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(SharedFolder.PathOf("kafka", "bin", "cluster"), arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["KAFKA_CLUSTERS"] = _folder;
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"cluster {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    /// <summary>A port p of which p + 100, the controller's, is free too.</summary>
    private static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            if (port is > 20_000 and < 60_000)
            {
                return port - 1;
            }
        }
    }
}
