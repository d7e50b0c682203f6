using System.CommandLine;
using System.CommandLine.Parsing;
using StreamScoring.Configuration;
using StreamScoring.Contracts;

namespace StreamScoring.Host;

/// <summary>
/// Runs the chosen verb and turns its end into an exit code: 0 done, 1 failed, 2 wrong usage or
/// input file, 130 interrupted.
/// </summary>
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
                await Console.Error.WriteLineAsync($"scoring: {ForTerminal(OneLine(error))}");
            }

            await Console.Error.WriteLineAsync($"`scoring {string.Join(' ', args.TakeWhile(arg => !arg.StartsWith('-')))} --help` shows the usage");
            return WrongUsage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(2) });
        }
        catch (Exception e)
        {
            return await ReportAsync(e);
        }
    }

    /// <summary>With the option's name, and choices in a row.</summary>
    private static string OneLine(ParseError error)
    {
        var text = error.Message.ReplaceLineEndings("\n").Replace(":\n\t", ": ", StringComparison.Ordinal).Replace("\n\t", ", ", StringComparison.Ordinal).Trim();
        return error.SymbolResult is OptionResult { Option.Name: var name } && !text.Contains(name, StringComparison.Ordinal) ? $"{name}: {text}" : text;
    }

    private static async Task<int> ReportAsync(Exception e)
    {
        switch (e)
        {
            // A graph hands the failures of its tasks on in a wrapping.
            case AggregateException { InnerExceptions: [var only] }:
                return await ReportAsync(only);
            case OperationCanceledException:
                return Interrupted;
            case InvalidInputFileException { Lines: { Count: > 1 } lines }:
                // Each begins with its file and line, as compilers write them.
                await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, lines.Select(ForTerminal)));
                return WrongUsage;
            default:
                var isTraced = Environment.GetEnvironmentVariable("SCORING_TRACE") == "1" && e is not InvalidInputFileException;
                var told = isTraced ? e.ToString().Split(Environment.NewLine) : [e.Message];
                await Console.Error.WriteLineAsync($"scoring: {string.Join(Environment.NewLine, told.Select(ForTerminal))}");
                return e is InvalidInputFileException ? WrongUsage : Failed;
        }
    }

    /// <summary>
    /// A message may quote a cell of a file or a field of a record: any may hold a card number, or
    /// what a terminal obeys.
    /// </summary>
    private static string ForTerminal(string message) => TerminalText.Escape(CardNumber.Mask(message));
}
