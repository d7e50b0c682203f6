using System.Diagnostics;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>Runs the program as a user does: a process, arguments, an exit code.</summary>
internal static class ScoringProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public sealed record Outcome(int ExitCode, string Output, string Errors);

    public static async Task<Outcome> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"scoring {string.Join(' ', arguments)} did not end: {await output} {await errors}");
        }

        return new Outcome(process.ExitCode, await output, await errors);
    }

    public static async Task<Outcome> SucceedAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var outcome = await RunAsync(environment, arguments);
        Assert.True(outcome.ExitCode == 0, $"scoring {string.Join(' ', arguments)} ended with {outcome.ExitCode}: {outcome.Errors}");
        return outcome;
    }

    public static Process Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var configuration = AppContext.BaseDirectory.Contains("Release", StringComparison.Ordinal) ? "Release" : "Debug";
        var program = Path.Combine(SharedFolder.RepositoryRoot, "src", "StreamScoring.Host", "bin", configuration, "net10.0", "scoring.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = SharedFolder.RepositoryRoot,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
