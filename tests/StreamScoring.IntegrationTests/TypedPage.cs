using System.Diagnostics;
using System.Text.RegularExpressions;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>A page of the docs, typed as a newcomer would type it.</summary>
internal static partial class TypedPage
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    /// <param name="name">Of the page in docs.</param>
    /// <param name="path">Searched for programs before all else; null: as the test was started.
    /// </param>
    /// <returns>What was said.</returns>
    public static async Task<string> TypeAsync(KafkaCluster cluster, string name, string? path = null)
    {
        var folder = Directory.CreateTempSubdirectory("page").FullName;
        try
        {
            foreach (var linked in new[] { "topology", "samples" })
            {
                Directory.CreateSymbolicLink(Path.Combine(folder, linked), Path.Combine(SharedFolder.RepositoryRoot, linked));
            }

            File.WriteAllText(Path.Combine(folder, "scoring"), $"#!/usr/bin/env bash\nexec dotnet '{ScoringProcess.Program}' \"$@\"\n");
            var page = File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "docs", name));
            var script = Path.Combine(folder, "typed.sh");
            // As at a terminal: each line after the one before, and jobs by their numbers.
            File.WriteAllText(script, "set -emo pipefail\nchmod +x scoring\n" + string.Concat(Blocks().Matches(page).Select(block => block.Groups[1].Value)));
            var (exitCode, output, errors) = await TypeAsync(cluster, folder, script, path);
            Assert.True(exitCode == 0, $"the page ended with {exitCode}:\n{output}\n{errors}\n{LogsOf(folder)}");
            return output;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string LogsOf(string folder) => string.Join('\n', Directory.EnumerateFiles(folder, "run.log", SearchOption.AllDirectories).Select(File.ReadAllText));

    private static async Task<(int ExitCode, string Output, string Errors)> TypeAsync(KafkaCluster cluster, string folder, string script, string? path)
    {
        var start = new ProcessStartInfo("bash", [script]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in cluster.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["SCORING_HTTP_PORT"] = $"{KafkaCluster.FreePort(1)}";
        if (path is not null)
        {
            start.Environment["PATH"] = $"{path}:{start.Environment["PATH"]}";
        }

        using var typing = Process.Start(start)!;
        using var ending = ScoringProcess.EndingWithTheTest(typing);
        var (output, errors) = (typing.StandardOutput.ReadToEndAsync(), typing.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await typing.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            typing.Kill(entireProcessTree: true);
            throw new TimeoutException($"the page did not end:\n{await output}\n{await errors}\n{LogsOf(folder)}");
        }

        return (typing.ExitCode, await output, await errors);
    }

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
