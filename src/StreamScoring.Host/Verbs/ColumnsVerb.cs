using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Features;
using StreamScoring.Files;

namespace StreamScoring.Host.Verbs;

/// <summary>Shows how a columns file reads a table, and proposes one.</summary>
internal static class ColumnsVerb
{
    private const int RowsDefault = 3, RowsMax = 1000;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Build() => new("columns", "Says how a table's columns become payments: checks a columns file on a table, or proposes one (docs/columns.md).") { Check(), Infer() };

    private static Command Check()
    {
        var file = new Argument<string>("FILE") { Description = "The columns file" };
        var sample = Sample();
        var features = new Option<string?>("--features") { Description = "A feature file: what it takes attributes for decides which are numbers and which are texts", HelpName = "FILE" };
        var rows = new Option<int>("--rows") { Description = "Rows that are shown", HelpName = "N", DefaultValueFactory = _ => RowsDefault };
        var set = new Option<string[]>("--set")
        {
            Description = "What a record may hold, by the topology's keys, such as ingest.attributesMax=512 (repeatable)",
            HelpName = "KEY=VALUE",
            DefaultValueFactory = _ => [],
        };
        var json = CommonOptions.Json();
        var command = new Command("check",
            """
            Shows how a columns file reads the first rows of a table, field by field: the column, what stands there, what becomes of it. Then it reads the
            whole table and says everything that is wrong with it. Card numbers are masked, and those that become tokens are not shown.

            Example:
              scoring columns check topology/datasets/tabformer/columns.yaml --sample card_transaction.v1.csv
            """) { file, sample, features, rows, set, json };
        command.Runs((parsed, cancel) =>
        {
            var (columnsFile, table) = (parsed.GetRequiredValue(file), parsed.GetRequiredValue(sample));
            var shown = parsed.GetValue(rows) is >= 0 and <= RowsMax and var count ? count : throw new InvalidInputFileException($"--rows is {parsed.GetValue(rows)}; allowed 0..{RowsMax}");
            var of = parsed.GetValue(features) is { } path ? FeatureFiles.Load(path) : FeatureFiles.Parse("none", "version: 1\nfeatures:\n  - {name: amount, expression: amount}\n");
            var limits = TopologyFile.ParseLimits(parsed.GetValue(set) ?? []);
            var checkedRows = ColumnsCheck.Of(ColumnsFile.Load(columnsFile), table, shown, of.AttributeUses);
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(new { rows = checkedRows }, Json));
            }
            else
            {
                Print(checkedRows);
            }

            using var progress = new ProgressLine();
            Whole(table, columnsFile, of, limits, progress, cancel);
            return Task.FromResult(VerbRunner.Done);
        });
        return command;
    }

    private static Command Infer()
    {
        var sample = Sample();
        var output = new Option<string?>("--output") { Description = "The file to write (default: standard output)", HelpName = "FILE" };
        var command = new Command("infer",
            """
            Proposes a columns file for a table, from the names of its columns and from what stands in its first 10,000 rows. It is a start: what is a guess
            is said in a comment beside it.

            Example:
              scoring columns infer --sample creditcard.csv --output columns.yaml
            """) { sample, output };
        command.Runs((parsed, cancel) =>
        {
            var table = parsed.GetRequiredValue(sample);
            if (parsed.GetValue(output) is not { } to)
            {
                Console.Out.Write(TerminalLines(ColumnsProposal.Of(table, cancel)));
                return Task.FromResult(VerbRunner.Done);
            }

            OutputFile.RequireNoInput(to, [table]);
            try
            {
                File.WriteAllText(to, ColumnsProposal.Of(table, cancel));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new InvalidInputFileException($"--output {to}: {e.Message}", e);
            }

            Console.Error.WriteLine($"-> {to}; next: scoring columns check {to} --sample {table}");
            return Task.FromResult(VerbRunner.Done);
        });
        return command;
    }

    private static Option<string> Sample() => new("--sample") { Description = "A table (.csv, .csv.gz, .parquet, .jsonl)", HelpName = "TABLE", Required = true };

    /// <exception cref="InvalidInputFileException">Something is wrong with the table by the file:
    /// all of it.</exception>
    private static void Whole(string table, string columnsFile, FeatureFile features, Ingest.IngestLimits limits, ProgressLine progress, CancellationToken cancel)
    {
        var payments = PaymentTable.Read([table], [], columnsFile, EventOrder.EventTime, keepsFrauds: true, rows => progress.Show($"{rows:N0} payments read"), features.AttributeUses, cancel: cancel);
        progress.Say(payments.Notices);
        var refusals = PublishCheck.Require(payments, features, limits with { EventTimeAheadMax = TimeSpan.FromDays(365_000), CardNumberFieldsIgnored = limits.CardNumberFieldsIgnored.Concat(payments.CardNumberFieldsIgnored).ToHashSet(StringComparer.Ordinal) });
        progress.Say(refusals.Notices);
        progress.Clear();
        Console.Error.WriteLine($"{table}: {payments.PaymentCount - refusals.Count:N0} payments, {payments.LabelCount:N0} labels");
    }

    private static void Print(IReadOnlyList<CheckedRow> rows)
    {
        foreach (var row in rows)
        {
            Console.Out.WriteLine($"{row.Place}{(row.LeftOutBy is { } by ? $": left out by {by}" : "")}");
            var (fieldWidth, sourceWidth) = (row.Fields.Max(field => field.Field.Length), row.Fields.Max(field => field.Source.Length));
            foreach (var field in row.Fields)
            {
                var became = field.Problem ?? field.Value ?? "(missing)";
                Console.Out.WriteLine(TerminalText.Escape($"  {field.Field.PadRight(fieldWidth)}  {field.Source.PadRight(sourceWidth)}  {field.Written ?? "(not shown)"} -> {became}"));
            }
        }
    }

    private static string TerminalLines(string text) => string.Join('\n', text.Split('\n').Select(TerminalText.Escape));
}
