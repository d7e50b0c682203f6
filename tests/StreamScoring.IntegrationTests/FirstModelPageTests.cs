using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>Types docs/first-model.md, as a newcomer would.</summary>
public sealed partial class FirstModelPageTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    [SharedFact]
    public async Task What_the_page_says_to_type_takes_a_bare_file_from_a_shadow_to_the_champion_and_back()
    {
        var folder = Directory.CreateTempSubdirectory("page").FullName;
        try
        {
            Directory.CreateSymbolicLink(Path.Combine(folder, "topology"), Path.Combine(SharedFolder.RepositoryRoot, "topology"));
            var scoring = Path.Combine(folder, "scoring");
            File.WriteAllText(scoring, $"#!/usr/bin/env bash\nexec dotnet '{ScoringProcess.Program}' \"$@\"\n");
            var page = File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "docs", "first-model.md"));
            var script = Path.Combine(folder, "typed.sh");
            // As at a terminal: each line after the one before, and jobs by their numbers.
            File.WriteAllText(script, "set -emo pipefail\nchmod +x scoring\n" + string.Concat(Blocks().Matches(page).Select(block => block.Groups[1].Value)));
            var (exitCode, output, errors) = await TypeAsync(folder, script);
            Assert.True(exitCode == 0, $"the page ended with {exitCode}:\n{output}\n{errors}\n{LogOf(folder)}");

            Assert.Contains("shadow notebook@", output, StringComparison.Ordinal);
            var compared = JsonDocument.Parse(output.Split('\n').First(line => line.StartsWith("{\"payments\":60000", StringComparison.Ordinal))).RootElement;
            var roles = compared.GetProperty("roles").EnumerateArray().ToDictionary(role => role.GetProperty("role").GetString()!);
            Assert.StartsWith("notebook@", roles["canary"].GetProperty("model").GetString(), StringComparison.Ordinal);
            Assert.InRange(roles["canary"].GetProperty("payments").GetInt32(), 20000 * 0.02, 20000 * 0.1);
            var shadow = Assert.Single(compared.GetProperty("shadows").EnumerateArray());
            Assert.InRange(shadow.GetProperty("answers").GetInt32(), 1, 40000);
            Assert.Equal(
                ["added", "champion", "added", "shadow", "canary", "champion", "canary removed", "shadow removed", "rollback"],
                output.Split('\n').Select(line => History().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string LogOf(string folder) => Path.Combine(folder, "data", "run.log") is var log && File.Exists(log) ? File.ReadAllText(log) : "";

    private async Task<(int ExitCode, string Output, string Errors)> TypeAsync(string folder, string script)
    {
        var start = new ProcessStartInfo("bash", [script]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in cluster.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["SCORING_HTTP_PORT"] = $"{KafkaCluster.FreePort(1)}";
        start.Environment["SCORING_DATA"] = Path.Combine(folder, "state");
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
            throw new TimeoutException($"the page did not end:\n{await output}\n{await errors}\n{LogOf(folder)}");
        }

        return (typing.ExitCode, await output, await errors);
    }

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex("^[0-9]{4}-[^ ]+  [^ ]+  ((?:[a-z]+)(?: removed)?)  [a-z]+@")]
    private static partial Regex History();
}
