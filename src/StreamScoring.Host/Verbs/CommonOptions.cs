using System.CommandLine;
using StreamScoring.Client;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Expressions;
using StreamScoring.Features;
using StreamScoring.Files;

namespace StreamScoring.Host.Verbs;

/// <summary>Options that several verbs share, so that they are named and explained once.</summary>
internal static class CommonOptions
{
    public static Option<string> Topology() => new("--topology") { Description = "The topology file (docs/topology.md)", HelpName = "FILE", Required = true };

    public static Option<string[]> Set() => new("--set")
    {
        Description = "Override one key of the topology, such as ingest.batchRowsMax=64 (repeatable)",
        HelpName = "KEY=VALUE",
        DefaultValueFactory = _ => [],
    };

    public static Option<string> Features() => new("--features") { Description = "The feature file (docs/features.md)", HelpName = "FILE", Required = true };

    public static Option<string[]> Payments() => new("--payments")
    {
        Description = "Tables of payments (.csv, .csv.gz, .parquet)",
        HelpName = "FILE",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    public static Option<string[]> Labels() => new("--labels")
    {
        Description = "Tables of labels: payment_id, event_time, known_at, fraud and the payment's entity ids",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
    };

    public static Option<string?> Columns() => new("--columns") { Description = "How the tables' columns become payment fields (docs/columns.md); left out where they have the contract's names", HelpName = "FILE" };

    public static Option<string> Order()
    {
        var option = new Option<string>("--order") { Description = "event: by event time; file: as the rows stand", DefaultValueFactory = _ => "event" };
        option.AcceptOnlyFromAmong("event", "file");
        return option;
    }

    public static EventOrder OrderOf(string? text) => text == "file" ? EventOrder.File : EventOrder.EventTime;

    /// <summary>Limits of records, for verbs that read tables without a topology.</summary>
    public static Option<string[]> RecordLimits() => new("--set")
    {
        Description = "What a record may hold, by the topology's keys, such as ingest.cardNumberFieldsIgnored=payment_id (repeatable)",
        HelpName = "KEY=VALUE",
        DefaultValueFactory = _ => [],
    };

    public static Option<string?> Rates() => new("--rates") { Description = "What currencies are worth, for features of amount_base (docs/rules.md, Money)", HelpName = "FILE" };

    /// <param name="path">The feature file's.</param>
    /// <param name="rates">A file; null where the option was not given.</param>
    /// <exception cref="InvalidInputFileException">Features need rates and there are none, or the
    /// other way round.</exception>
    public static CurrencyRates? RatesOf(FeatureFile features, string path, string? rates) => features.UsesBaseAmount != rates is not null
        ? throw new InvalidInputFileException(features.UsesBaseAmount
            ? $"{path} looks at amount_base; give what currencies are worth: --rates FILE (docs/rules.md, Money)"
            : $"--rates is given, and {path} does not look at amount_base")
        : rates is null ? null : RatesFile.Load(rates);

    public static Option<string> Output(string description) => new("--output") { Description = description, HelpName = "PATH", Required = true };

    public static Option<string> From() => new("--from") { Description = "beginning, end, or a time in ISO 8601", HelpName = "WHERE", DefaultValueFactory = _ => "beginning" };

    public static ReadFrom FromOf(string text) => text switch
    {
        "beginning" => ReadFrom.Beginning,
        "end" => ReadFrom.End,
        _ => IsoTime.TryParse(text, out var unixMs)
            ? ReadFrom.Time(unixMs)
            : throw new InvalidInputFileException($"--from is {text}; allowed: beginning, end, or a time such as 2026-01-31T12:00:00Z"),
    };

    /// <returns>Null where the option was not given.</returns>
    /// <exception cref="InvalidInputFileException">It is no length of time.</exception>
    public static TimeSpan? TimeOf(string option, string? text) =>
        text is null ? null
        : YamlMap.TryParseDuration(text, out var value) ? value
        : throw new InvalidInputFileException($"{option} is {text}; expected a length of time such as 500ms, 5s or 1m");

    /// <returns>ms since the Unix epoch; null where the option was not given.</returns>
    /// <exception cref="InvalidInputFileException">It is no time.</exception>
    public static long? MomentOf(string option, string? text) => text is null ? null
        : IsoTime.TryParse(text, out var ms) ? ms
        : throw new InvalidInputFileException($"{option} is {text}; expected a time such as 2026-01-31T12:00:00Z");

    public static Option<bool> Json() => new("--json") { Description = "Machine-readable output on stdout" };
}
