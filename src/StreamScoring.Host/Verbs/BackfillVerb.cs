using System.CommandLine;
using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Files;
using StreamScoring.Host.Serving;
using StreamScoring.Training;

namespace StreamScoring.Host.Verbs;

internal static class BackfillVerb
{
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
        var set = new Option<string[]>("--set")
        {
            Description = "What a record may hold, by the topology's keys, such as ingest.cardNumberFieldsIgnored=payment_id (repeatable)",
            HelpName = "KEY=VALUE",
            DefaultValueFactory = _ => [],
        };
        var rates = new Option<string?>("--rates") { Description = "What currencies are worth, for features of amount_base (docs/rules.md, Money)", HelpName = "FILE" };
        var output = CommonOptions.Output("The table to write: payment_id, then one column per feature (.csv, .csv.gz or .parquet)");
        var command = new Command("backfill",
            """
            Computes the features of every payment of a table as they were known at that moment, with the code that scores live.

            Example:
              scoring backfill --features topology/generated/features.yaml --payments data/world/payments.csv \
                --labels data/world/labels.csv --label-column fraud --output data/features.parquet

            With what tells how good a model is by day and customer:
              scoring backfill --features topology/generated/features.yaml --payments data/world/payments.csv --labels data/world/labels.csv \
                --label-column fraud --with event_time,customer_id --as-of 2026-03-01 --output data/features.parquet
            """) { features, payments, labels, columns, order, labelColumn, with, asOf, rates, set, output };
        command.Runs(async (parsed, cancel) =>
        {
            OutputFile.RequireTable(
                parsed.GetRequiredValue(output),
                [parsed.GetValue(features), parsed.GetValue(columns), parsed.GetValue(rates), .. parsed.GetRequiredValue(payments), .. parsed.GetValue(labels) ?? []]);
            var file = FeatureFiles.Load(parsed.GetRequiredValue(features));
            if (file.UsesBaseAmount != parsed.GetValue(rates) is not null)
            {
                throw new InvalidInputFileException(file.UsesBaseAmount
                    ? $"{parsed.GetValue(features)} looks at amount_base; give what currencies are worth: --rates FILE (docs/rules.md, Money)"
                    : $"--rates is given, and {parsed.GetValue(features)} does not look at amount_base");
            }

            var passed = PassedColumns.Of((parsed.GetValue(with) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), file.Schema, parsed.GetValue(labelColumn));
            var limits = TopologyFile.ParseLimits(parsed.GetValue(set) ?? []);
            using var progress = new ProgressLine();
            var table = PaymentTable.Read(
                parsed.GetRequiredValue(payments), parsed.GetValue(labels) ?? [], parsed.GetValue(columns), CommonOptions.OrderOf(parsed.GetValue(order)),
                keepsFrauds: parsed.GetValue(labelColumn) is not null, rows => progress.Show($"{rows:N0} payments read"), file.AttributeUses,
                CommonOptions.MomentOf("--as-of", parsed.GetValue(asOf)) ?? long.MaxValue, cancel);
            progress.Say(table.Notices);
            await using var akka = new AkkaSystem();
            var backfill = new Backfill(file, table, akka.Materializer, limits, parsed.GetValue(rates) is { } path ? RatesFile.Load(path) : null);
            var written = await backfill.RunAsync(
                parsed.GetRequiredValue(output), passed, parsed.GetValue(labelColumn), rows => progress.Show($"{rows:N0} of {table.PaymentCount:N0} payments"), cancel);
            progress.Say(backfill.Notices);
            await Console.Error.WriteLineAsync($"{written:N0} payments, {file.Schema.Names.Count} features -> {parsed.GetValue(output)}");
            return VerbRunner.Done;
        });
        return command;
    }
}
