using System.CommandLine;
using StreamScoring.Configuration;

namespace StreamScoring.Host;

/// <summary>Runs the chosen verb and turns its end into an exit code: 0 done, 1 failed, 2 wrong usage or input file, 130 interrupted.</summary>
internal static class VerbRunner
{
    public const int Done = 0, Failed = 1, WrongUsage = 2, Interrupted = 130;

    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"scoring: {error.Message}");
            }

            await Console.Error.WriteLineAsync($"`scoring {string.Join(' ', args.TakeWhile(arg => !arg.StartsWith('-')))} --help` shows the usage");
            return WrongUsage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(2) });
        }
        catch (InvalidInputFileException e)
        {
            await Console.Error.WriteLineAsync($"scoring: {e.Message}");
            return WrongUsage;
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync(Environment.GetEnvironmentVariable("SCORING_TRACE") == "1" ? $"scoring: {e}" : $"scoring: {e.Message}");
            return Failed;
        }
    }
}
