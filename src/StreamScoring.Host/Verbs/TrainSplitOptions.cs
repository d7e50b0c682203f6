using System.CommandLine;
using StreamScoring.Configuration;
using StreamScoring.Training;

namespace StreamScoring.Host.Verbs;

/// <summary>Which rows a model is fitted to, and which ones it is measured on.</summary>
internal sealed class TrainSplitOptions
{
    private readonly Option<string?> _time = new("--time") { Description = "The column that says when a payment was: ISO 8601, or ms since the Unix epoch (default: event_time, if it is there)", HelpName = "COLUMN" };
    private readonly Option<string?> _from = new("--from") { Description = "Leave out rows before", HelpName = "TIME" };
    private readonly Option<string?> _to = new("--to") { Description = "Leave out rows from then on", HelpName = "TIME" };
    private readonly Option<string?> _gap = new("--gap") { Description = "Between the rows that are fitted to and the validation part: so long labels take (default: the longest delay in the feature file, at most a fifth of the time)", HelpName = "TIME" };
    private readonly Option<string?> _validation = new("--validation") { Description = "How long the validation part is (default: the last fifth of the time)", HelpName = "TIME" };

    private IEnumerable<Option<string?>> All => [_time, _from, _to, _gap, _validation];

    public void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Add(option);
        }
    }

    /// <returns>Null where nobody named one.</returns>
    public string? TimeColumnOf(ParseResult parsed) => parsed.GetValue(_time);

    /// <exception cref="InvalidInputFileException">An option is no time, or asks for one in a table
    /// without.</exception>
    public SplitOptions Of(ParseResult parsed, string? timeColumn, long labelDelayMs)
    {
        if (timeColumn is null && All.FirstOrDefault(option => parsed.GetValue(option) is not null) is { } asked)
        {
            throw new InvalidInputFileException($"{asked.Name} goes by when payments were, and the table has no column event_time; name another one with --time, or write it with scoring backfill --with event_time");
        }

        var options = new SplitOptions(
            timeColumn, CommonOptions.MomentOf("--from", parsed.GetValue(_from)), CommonOptions.MomentOf("--to", parsed.GetValue(_to)),
            MsOf(parsed, _gap), MsOf(parsed, _validation), labelDelayMs);
        return options is not { FromMs: { } from, ToMs: { } to } || from < to ? options
            : throw new InvalidInputFileException($"--from {parsed.GetValue(_from)} is not before --to {parsed.GetValue(_to)}; no row lies between them");
    }

    private static long? MsOf(ParseResult parsed, Option<string?> option) => (long?)CommonOptions.TimeOf(option.Name, parsed.GetValue(option))?.TotalMilliseconds;
}
