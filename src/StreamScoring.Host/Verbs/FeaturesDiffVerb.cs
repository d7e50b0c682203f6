using System.CommandLine;
using System.Text;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Features;
using StreamScoring.Files;
using StreamScoring.Host.Differing;
using StreamScoring.Host.Serving;
using StreamScoring.Training;

namespace StreamScoring.Host.Verbs;

/// <summary>Compares features that were served with those of tables.</summary>
internal static class FeaturesDiffVerb
{
    public static Command Build()
    {
        var served = new Option<string>("--served") { Description = "A folder that scoring export wrote, or one of its tables", HelpName = "DIR", Required = true };
        var (features, payments, labels, columns) = (CommonOptions.Features(), CommonOptions.Payments(), CommonOptions.Labels(), CommonOptions.Columns());
        var (set, rates, json) = (CommonOptions.RecordLimits(), CommonOptions.Rates(), CommonOptions.Json());
        var differences = new Option<string?>("--differences") { Description = "A table to write: payment_id, feature, served, computed, cause (.csv, .csv.gz or .parquet)", HelpName = "FILE" };
        var expectNone = new Option<bool>("--expect-none") { Description = "End with 1 where anything differs" };
        var verb = new Command("diff",
            """
            Compares the features that were served, as scoring export has them, with those that backfill computes for the same payments, and says why
            each difference is there: another feature file, a duplicate, payments that came late, an estimate, events that were evicted early, labels
            that came at other times, or payments that only one side knows.

            Example:
              scoring export --topology topology/handbook/topology.yaml --output data/served
              scoring features diff --served data/served --features topology/handbook/features.yaml --columns topology/handbook/columns.yaml \
                --payments transactions-2018-08.csv.gz
            """) { served, features, payments, labels, columns, set, rates, differences, expectNone, json };
        verb.Runs(async (parsed, cancel) =>
        {
            var (folder, path) = (parsed.GetRequiredValue(served), parsed.GetValue(differences));
            if (path is not null)
            {
                OutputFile.RequireTable(path, [folder, parsed.GetValue(features), parsed.GetValue(columns), .. parsed.GetRequiredValue(payments), .. parsed.GetValue(labels) ?? []], "--differences");
            }

            var file = FeatureFiles.Load(parsed.GetRequiredValue(features));
            var currencies = CommonOptions.RatesOf(file, parsed.GetRequiredValue(features), parsed.GetValue(rates));
            var limits = TopologyFile.ParseLimits(parsed.GetValue(set) ?? []);
            using var progress = new ProgressLine();
            var exported = ServedTable.Read(folder, file, rows => progress.Show($"{rows:N0} decisions read"), cancel);
            if (exported.Missing.ToList() is { Count: > 0 } missing)
            {
                throw new InvalidInputFileException($"{folder}: has no column {string.Join(", ", missing)}, which {parsed.GetValue(features)} computes; give the feature file that served these decisions");
            }

            var table = PaymentTable.Read(
                parsed.GetRequiredValue(payments), parsed.GetValue(labels) ?? [], parsed.GetValue(columns), EventOrder.EventTime, progress: rows => progress.Show($"{rows:N0} payments read"),
                attributeUses: file.AttributeUses, cancel: cancel);
            progress.Say(table.Notices);
            await using var akka = new AkkaSystem();
            var diff = new FeatureDiff(file, table, exported, take => new Backfill(file, table, akka.Materializer, limits, currencies).FoldAsync(batch =>
            {
                take(batch);
                progress.Show($"{batch.Offset[0]:N0} of {table.PaymentCount:N0} payments");
            }, cancel));
            await diff.RunAsync();
            progress.Clear();
            if (diff.Compared == 0)
            {
                throw new InvalidInputFileException($"{folder}: none of its {exported.Count:N0} payments is in the tables, by payment_id and event_time; give those that were published");
            }

            if (path is not null)
            {
                Write(path, diff, file);
            }

            Console.WriteLine(parsed.GetValue(json) ? FeatureDiffText.ToJson(diff, file).ToJsonString() : string.Join(Environment.NewLine, FeatureDiffText.Of(diff, file).Split(Environment.NewLine).Select(TerminalText.Escape)));
            return parsed.GetValue(expectNone) && diff.Differences.Count > 0 ? VerbRunner.Failed : VerbRunner.Done;
        });
        return verb;
    }

    private static void Write(string path, FeatureDiff diff, FeatureFile file)
    {
        using var writer = TableWriter.Create(path, [("payment_id", true), ("feature", true), ("served", true), ("computed", true), ("cause", true)]);
        foreach (var difference in diff.Differences)
        {
            foreach (var cell in new[] { difference.PaymentId, file.Schema.Names[difference.Feature], FeatureDiffText.Served(difference), FeatureDiffText.Computed(difference), FeatureDiffText.NameOf(difference.Cause) })
            {
                writer.Text(Encoding.UTF8.GetBytes(cell));
            }

            writer.EndRow();
        }

        writer.Complete();
    }
}
