using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Features;
using StreamScoring.Files;
using StreamScoring.Host.Serving;
using StreamScoring.Training;

namespace StreamScoring.Host.Verbs;

internal static class BackfillVerb
{
    /// <summary>A file of fewer rows is mostly its head.</summary>
    private const int RowsOfPartMin = 1000;

    public static Command Build()
    {
        var features = CommonOptions.Features();
        var payments = CommonOptions.Payments();
        var labels = CommonOptions.Labels();
        var columns = CommonOptions.Columns();
        var order = CommonOptions.Order();
        var labelColumn = new Option<string?>("--label-column") { Description = "Add a column of this name with each payment's final label, 0 or 1, or nothing where it is not known, for `scoring train`", HelpName = "NAME" };
        var with = new Option<string?>("--with") { Description = $"Fields of the payment to write beside its features: {string.Join(", ", PassedColumns.Allowed)}", HelpName = "A,B,…" };
        var asOf = new Option<string?>("--as-of") { Description = "Only labels that were known then count, in features and in --label-column", HelpName = "TIME" };
        var (set, rates) = (CommonOptions.RecordLimits(), CommonOptions.Rates());
        var output = CommonOptions.Output("The table to write: payment_id, then one column per feature (.csv, .csv.gz or .parquet); a folder with --rows-per-file");
        var rowsPerFile = new Option<int?>("--rows-per-file") { Description = "Write a folder of Parquet files of so many rows; one that was stopped goes on where it ended", HelpName = "N" };
        var command = new Command("backfill",
            """
            Computes the features of every payment of a table as they were known at that moment, with the code that scores live.

            Example:
              scoring backfill --features topology/generated/features.yaml --payments data/world/payments.csv \
                --labels data/world/labels.csv --label-column fraud --output data/features.parquet

            With what tells how good a model is by day and customer:
              scoring backfill --features topology/generated/features.yaml --payments data/world/payments.csv --labels data/world/labels.csv \
                --label-column fraud --with event_time,customer_id --as-of 2026-03-01 --output data/features.parquet

            Many payments, as a folder of files. Stopped by whatever, the same command goes on:
              scoring backfill --features topology/generated/features.yaml --payments data/world/payments.csv --rows-per-file 1000000 --output data/features
            """) { features, payments, labels, columns, order, labelColumn, with, asOf, rates, set, rowsPerFile, output };
        command.Runs(async (parsed, cancel) =>
        {
            string?[] inputs = [parsed.GetValue(features), parsed.GetValue(columns), parsed.GetValue(rates), .. parsed.GetRequiredValue(payments), .. parsed.GetValue(labels) ?? []];
            var (path, rowsOfPart) = (parsed.GetRequiredValue(output), parsed.GetValue(rowsPerFile));
            if (rowsOfPart is null)
            {
                OutputFile.RequireTable(path, inputs);
            }
            else if (rowsOfPart < RowsOfPartMin)
            {
                throw new InvalidInputFileException($"--rows-per-file is {rowsOfPart}; give {RowsOfPartMin:N0} or more");
            }
            else
            {
                OutputFile.RequireFolder(path, inputs);
            }

            var file = FeatureFiles.Load(parsed.GetRequiredValue(features));
            var currencies = CommonOptions.RatesOf(file, parsed.GetRequiredValue(features), parsed.GetValue(rates));
            var passed = PassedColumns.Of((parsed.GetValue(with) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), file.Schema, parsed.GetValue(labelColumn));
            var limits = TopologyFile.ParseLimits(parsed.GetValue(set) ?? []);
            using var parts = rowsOfPart is { } rows ? TableParts.Open(path, IdentityOf(file, parsed.Tokens.Select(token => token.Value), inputs), Backfill.ColumnsOf(file, passed, parsed.GetValue(labelColumn)), rows) : null;
            if (parts?.IsComplete == true)
            {
                await Console.Error.WriteLineAsync($"{path} is complete already");
                return VerbRunner.Done;
            }

            using var progress = new ProgressLine();
            var table = PaymentTable.Read(
                parsed.GetRequiredValue(payments), parsed.GetValue(labels) ?? [], parsed.GetValue(columns), CommonOptions.OrderOf(parsed.GetValue(order)),
                keepsFrauds: parsed.GetValue(labelColumn) is not null, rows => progress.Show($"{rows:N0} payments read"), file.AttributeUses,
                CommonOptions.MomentOf("--as-of", parsed.GetValue(asOf)) ?? long.MaxValue, cancel);
            progress.Say(table.Notices);
            await using var akka = new AkkaSystem();
            var backfill = new Backfill(file, table, akka.Materializer, limits, currencies);
            Action<long> report = rows => progress.Show($"{rows:N0} of {table.PaymentCount:N0} payments");
            var written = parts is null
                ? await backfill.RunAsync(path, passed, parsed.GetValue(labelColumn), report, cancel)
                : await backfill.RunAsync(parts, passed, parsed.GetValue(labelColumn), report, cancel);
            progress.Say(backfill.Notices);
            await Console.Error.WriteLineAsync($"{written:N0} payments, {file.Schema.Names.Count} features -> {path}{(parts?.PartsFound > 0 ? FormattableString.Invariant($"; {Math.Min(parts.RowsFound, written):N0} of them were there") : "")}");
            return VerbRunner.Done;
        });
        return command;
    }

    /// <summary>All that the rows follow from: what is the same is not computed by other code.
    /// </summary>
    private static string IdentityOf(FeatureFile features, IEnumerable<string> options, IEnumerable<string?> inputs)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IEnumerable<string> files = inputs.OfType<string>().Select(input => new FileInfo(input)).Select(input =>
            input.Exists ? FormattableString.Invariant($"{input.FullName} {input.Length} {input.LastWriteTimeUtc.Ticks}") : input.FullName);
        foreach (var line in files.Concat(options).Prepend(features.Hash))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{line}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
