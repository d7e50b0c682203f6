using System.Diagnostics;

namespace StreamScoring.TestSupport;

/// <summary>The shared folder's way to start, fault and end real brokers.</summary>
internal static class ClusterTool
{
    private const int Attempts = 5;

    /// <summary>Starts the brokers of a cluster.</summary>
    /// <remarks>The tool draws an id for the cluster, and Kafka takes one that begins with a dash, as one of 64 does, for an option: another one is drawn.</remarks>
    /// <inheritdoc cref="RunAsync"/>
    public static async Task UpAsync(string folder, params string[] arguments)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await RunAsync(folder, ["up", .. arguments]);
                return;
            }
            catch (InvalidOperationException e) when (attempt < Attempts && e.Message.Contains("argument --cluster-id/-t: expected one argument", StringComparison.Ordinal))
            {
                // Nothing was started yet.
            }
        }
    }

    /// <param name="folder">Where the tool keeps its clusters.</param>
    /// <param name="arguments">As its help tells them.</param>
    /// <exception cref="InvalidOperationException">It failed; with what it said.</exception>
    public static Task RunAsync(string folder, params string[] arguments) => RunToolAsync("cluster", folder, arguments);

    /// <summary>A long-distance link between two clusters of the folder: delayed, cut, healed.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public static Task LinkAsync(string folder, params string[] arguments) => RunToolAsync("link", folder, arguments);

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
