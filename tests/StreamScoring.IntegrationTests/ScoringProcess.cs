using System.Diagnostics;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>Runs the program as a user does: a process, arguments, an exit code.</summary>
internal static class ScoringProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public sealed record Outcome(int ExitCode, string Output, string Errors);

    public static Task<Outcome> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        RunProgramAsync(Program, environment, arguments);

    /// <param name="program">Path of a program's assembly.</param>
    public static async Task<Outcome> RunProgramAsync(string program, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(program, environment, arguments);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{Path.GetFileNameWithoutExtension(program)} {string.Join(' ', arguments)} did not end: {await output} {await errors}");
        }

        return new Outcome(process.ExitCode, await output, await errors);
    }

    public static async Task<Outcome> SucceedAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var outcome = await RunAsync(environment, arguments);
        Assert.True(outcome.ExitCode == 0, $"scoring {string.Join(' ', arguments)} ended with {outcome.ExitCode}: {outcome.Errors}");
        return outcome;
    }

    /// <summary>Sends what Ctrl-C sends.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> InterruptAsync(Process process)
    {
        using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        using var patience = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    /// <summary>Ends the process with the test, also where that fails.</summary>
    public static IDisposable EndingWithTheTest(Process process) => new Ending(process);

    private sealed class Ending(Process process) : IDisposable
    {
        public void Dispose()
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    public static Process Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) => Start(Program, environment, arguments);

    public static string Program
    {
        get
        {
            var configuration = AppContext.BaseDirectory.Contains("Release", StringComparison.Ordinal) ? "Release" : "Debug";
            return Path.Combine(SharedFolder.RepositoryRoot, "src", "StreamScoring.Host", "bin", configuration, "net10.0", "scoring.dll");
        }
    }

    private static Process Start(string program, IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        // Whoever starts the tests in the background may have them ignore Ctrl-C, and what they
        // start inherits that.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", program, .. arguments])
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
