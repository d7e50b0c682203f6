using System.Diagnostics;

namespace StreamScoring.TestSupport;

/// <summary>The shared folder's way to start, fault and end real brokers.</summary>
internal static class ClusterTool
{
    private const int Attempts = 5;

    /// <summary>
    /// The tool draws an id for a cluster, and Kafka takes one that begins with a dash, as one of
    /// 64 does, for an option: nothing was started yet, and another one is drawn.
    /// </summary>
    private const string IdRefused = "argument --cluster-id/-t: expected one argument";

    /// <summary>
    /// A broker that shares a slow machine with all else may take minutes. Asked again, the tool
    /// waits for the one that is starting.
    /// </summary>
    private const string StillStarting = "was not ready after";

    /// <summary>Starts the brokers of a cluster.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public static Task UpAsync(string folder, params string[] arguments) => StartAsync(folder, ["up", .. arguments]);

    /// <summary>Starts a broker that was killed or stopped.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public static Task StartBrokerAsync(string folder, string cluster, int broker) => StartAsync(folder, ["start", cluster, $"{broker}"]);

    /// <param name="folder">Where the tool keeps its clusters.</param>
    /// <param name="arguments">As its help tells them.</param>
    /// <exception cref="InvalidOperationException">It failed; with what it said.</exception>
    public static Task RunAsync(string folder, params string[] arguments) => RunToolAsync("cluster", folder, arguments);

    /// <summary>
    /// A long-distance link between two clusters of the folder: delayed, cut, healed.
    /// </summary>
    /// <inheritdoc cref="RunAsync"/>
    public static Task LinkAsync(string folder, params string[] arguments) => RunToolAsync("link", folder, arguments);

    private static async Task StartAsync(string folder, string[] arguments)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await RunAsync(folder, arguments);
                return;
            }
            catch (InvalidOperationException e) when (
                attempt < Attempts && (e.Message.Contains(IdRefused, StringComparison.Ordinal) || e.Message.Contains(StillStarting, StringComparison.Ordinal)))
            {
                // What to do about it is to try again.
            }
        }
    }

    private static async Task RunToolAsync(string tool, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(SharedFolder.PathOf("kafka", "bin", tool), arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["KAFKA_CLUSTERS"] = folder;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{tool} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors} {await output}");
        }
    }
}
