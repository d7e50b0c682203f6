using System.Net.NetworkInformation;
using System.Text.Json;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// Two real clusters and a long-distance link each way, under a folder and ports of their own; gone
/// with their data at the end.
/// </summary>
public sealed class TwoRegions : IAsyncLifetime
{
    public const string Topology = "topology/two-regions/topology.yaml";

    private static readonly HttpClient Http = new();

    private const int PortsNeeded = 1000, UsOffset = 500, WanOffset = 450, SecureOffset = 300;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("regions").FullName;
    private readonly int _port = FreePorts();
    private int _topicSets;

    public string Folder => _folder;

    public string BrokersOf(string region) => $"127.0.0.1:{PortOf(region)}";

    /// <summary>The listener with TLS and SASL; its CA is in <see cref="CertificateOf"/>.</summary>
    public string SecureBrokersOf(string region) => $"127.0.0.1:{PortOf(region) + SecureOffset}";

    public string CertificateOf(string region) => Path.Combine(_folder, region, "tls", "ca.pem");

    public async Task InitializeAsync()
    {
        if (SharedFolder.MissingReason is not null)
        {
            return;
        }

        foreach (var region in new[] { "eu", "us" })
        {
            var port = PortOf(region);
            await ClusterTool.UpAsync(_folder, region, "--port", $"{port}", "--heap", "384", "--wan-port", $"{port + WanOffset}", "--secure", "--dir", Path.Combine(_folder, region));
            // What the other region reaches it by: 80 ms there and back.
            await ClusterTool.LinkAsync(_folder, "up", region, "--listen", $"{port + WanOffset}", "--to", $"{port + 200}", "--delay", "40");
        }
    }

    public async Task DisposeAsync()
    {
        if (SharedFolder.MissingReason is null)
        {
            foreach (var region in new[] { "eu", "us" })
            {
                await ClusterTool.LinkAsync(_folder, "down", region);
                await ClusterTool.RunAsync(_folder, "down", region, "--wipe");
            }
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>
    /// What a process that serves a region is told: its own brokers, and the other's by way of the
    /// link.
    /// </summary>
    public Dictionary<string, string> EnvironmentOf(string region) => new()
    {
        ["SCORING_REGION"] = region,
        ["SCORING_BROKERS_EU"] = region == "eu" ? BrokersOf("eu") : $"127.0.0.1:{PortOf("eu") + WanOffset}",
        ["SCORING_BROKERS_US"] = region == "us" ? BrokersOf("us") : $"127.0.0.1:{PortOf("us") + WanOffset}",
        ["SCORING_HTTP_PORT"] = "0",
        ["SCORING_DATA"] = Path.Combine(_folder, $"data-{region}-{_topicSets}"),
    };

    /// <summary>
    /// The shipped topology, with the other region's brokers behind TLS and SASL; the password
    /// comes from the environment or from a file.
    /// </summary>
    public string SecureTopology(string certificate, bool fromFile)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, $"secure-{Guid.NewGuid():n}")).FullName;
        // Another CA than the brokers': any certificate that did not sign theirs.
        File.Copy(CertificateOf(certificate == "ca.pem" ? "us" : "eu"), Path.Combine(folder, certificate));
        File.WriteAllText(Path.Combine(folder, "password"), "scoring-secret\n");
        var shipped = Path.Combine(SharedFolder.RepositoryRoot, "topology");
        var text = File.ReadAllText(Path.Combine(shipped, "two-regions", "topology.yaml")).Replace("../handbook", Path.Combine(shipped, "handbook"), StringComparison.Ordinal);
        var secret = fromFile ? "sasl.password.file: password" : "sasl.password: '${SECRET}'";
        var secure = $"  us:\n    security: {{security.protocol: sasl_ssl, sasl.mechanism: PLAIN, sasl.username: scoring, {secret}, ssl.ca.location: {Path.Combine(folder, certificate)}}}\n";
        var topology = Path.Combine(folder, "topology.yaml");
        var position = text.IndexOf("  us:\n", StringComparison.Ordinal);
        File.WriteAllText(topology, text[..position] + secure + text[(position + "  us:\n".Length)..]);
        return topology;
    }

    /// <summary>
    /// What a process of eu is told that reads us by <see cref="SecureTopology"/>.
    /// </summary>
    public Dictionary<string, string> SecureEnvironment(string password) => new(EnvironmentOf("eu"))
    {
        ["SCORING_BROKERS_US"] = SecureBrokersOf("us"),
        ["SECRET"] = password,
    };

    /// <summary>Topics of a test's own in both regions.</summary>
    /// <returns>The arguments that name them.</returns>
    public async Task<string[]> TopicsAsync(int partitions, params string[] more)
    {
        _topicSets++;
        string[] set = [.. SetOf($"t{_topicSets}-", partitions), .. more];
        await ScoringProcess.SucceedAsync(EnvironmentOf("eu"), ["topics", "create", "--topology", Topology, .. set]);
        return set;
    }

    public static string[] SetOf(string prefix, int partitions) =>
    [
        "--set", $"group={prefix}scoring",
        .. new[] { "eu", "us" }.SelectMany(region => new[] { "payments", "labels", "decisions", "deadLetters", "control", "lists", "models" }
            .SelectMany(topic => new[] { "--set", $"regions.{region}.topics.{topic}={prefix}{topic}" })
            .Concat(["--set", $"regions.{region}.partitions={partitions}"])),
    ];

    /// <summary>
    /// Starts to copy a topic of one region's brokers to another's, near which it runs.
    /// </summary>
    internal MirrorMaker Mirror(string from, string into, string topic) =>
        new(_folder, from, EnvironmentOf(into)[$"SCORING_BROKERS_{from.ToUpperInvariant()}"], into, BrokersOf(into), topic);

    public Task CutAsync(string region) => ClusterTool.LinkAsync(_folder, "cut", region);

    public Task HealAsync(string region) => ClusterTool.LinkAsync(_folder, "heal", region);

    public Task KillAsync(string region) => ClusterTool.RunAsync(_folder, "kill", region, "0");

    public Task StartAsync(string region) => ClusterTool.StartBrokerAsync(_folder, region, 0);

    /// <summary>What a process says of its state.</summary>
    public async Task<JsonElement> StateAsync(string address)
    {
        using var answer = await Http.GetAsync(new Uri($"{address}/state"));
        answer.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.Clone();
    }

    /// <summary>Asks until a state is as wanted.</summary>
    public async Task<JsonElement> StateOnceAsync(string address, Func<JsonElement, bool> isWanted)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var state = default(JsonElement);
        try
        {
            while (true)
            {
                state = await StateAsync(address);
                if (isWanted(state))
                {
                    return state;
                }

                await timer.WaitForNextTickAsync(patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{address} never came to the state that was wanted; the last one was {state}");
        }
    }

    private int PortOf(string region) => region == "eu" ? _port : _port + UsOffset;

    /// <summary>The first of as many ports on which nobody listens.</summary>
    private static int FreePorts()
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        while (true)
        {
            var port = Random.Shared.Next(20_000, 31_000);
            if (!Enumerable.Range(port, PortsNeeded).Any(taken.Contains))
            {
                return port;
            }
        }
    }
}
