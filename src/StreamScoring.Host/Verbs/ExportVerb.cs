using System.CommandLine;
using System.Text;
using System.Text.Json;
using StreamScoring.Client;
using StreamScoring.Deployment;
using StreamScoring.Files;
using StreamScoring.Host.Exporting;
using StreamScoring.Host.Serving;

namespace StreamScoring.Host.Verbs;

/// <summary>Decisions with the features that were served, as tables.</summary>
internal static class ExportVerb
{
    public static Command Build()
    {
        var (topology, set, json) = (CommonOptions.Topology(), CommonOptions.Set(), CommonOptions.Json());
        var output = CommonOptions.Output("The folder to write, which is empty or not there yet");
        var from = CommonOptions.From();
        var to = new Option<string?>("--to") { Description = "Decisions of payments up to here, by event time, in ISO 8601 (default: the end of the topic as it was found)", HelpName = "TIME" };
        var format = new Option<string>("--format") { Description = "parquet or csv (.csv.gz)", DefaultValueFactory = _ => "parquet" };
        format.AcceptOnlyFromAmong("parquet", "csv");
        var label = new Option<string?>("--label-column") { Description = "Add a column of this name with what the topic of labels says of each payment by now: 0, 1, or nothing where it is not known", HelpName = "NAME" };
        var command = new Command("export",
            """
            Writes decisions with the features that were served as Parquet, each payment's once: a folder for each day of the payments
            (DIR/day=2026-01-31), which pandas and DuckDB read as one table. --from looks at when a decision was written, --to at the payment's event time.
            With --label-column they are rows to train on (docs/notebook.md).

            Example:
              scoring export --topology topology/handbook/topology.yaml --output data/served --from 2026-11-01T00:00:00Z
              scoring export --topology topology/handbook/topology.yaml --label-column fraud --format csv --output data/training
            """) { topology, output, format, label, from, to, set, json };
        command.Runs((parsed, cancel) =>
        {
            var file = TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []);
            return RunAsync(
                file, parsed.GetRequiredValue(output), parsed.GetValue(format) == "csv" ? "csv.gz" : "parquet", parsed.GetValue(label), CommonOptions.FromOf(parsed.GetRequiredValue(from)),
                CommonOptions.MomentOf("--to", parsed.GetValue(to)) ?? long.MaxValue, parsed.GetValue(json), cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(Topology topology, string output, string extension, string? labelColumn, ReadFrom from, long untilMs, bool asJson, CancellationToken cancel)
    {
        KafkaPorts.RequireTopics(topology, topology.Home.Decisions);
        using var folders = new ServedFolders(output, extension, labelColumn);
        using var progress = new ProgressLine();
        var labels = labelColumn is null ? null : LabelsOf(topology, progress, cancel);
        var written = 0L;
        await using var reader = await DecisionReader.OpenAsync(ClientRegion.Of(topology), new DecisionReaderOptions { From = from, Follow = false, FetchWaitMax = ClientRegion.FetchWaitMax });
        await foreach (var decision in reader.ReadAsync(cancel))
        {
            if (decision.Record.EventTimeMs <= untilMs)
            {
                folders.Add(decision.Record, labels?.Of(Encoding.UTF8.GetBytes(decision.Record.PaymentId), decision.Record.EventTimeMs)?.Fraud);
                written++;
                progress.Show($"{written:N0} decisions");
            }
        }

        folders.Complete();
        progress.Clear();
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { decisions = written, days = folders.Days, skipped = reader.Poison }));
        }

        await Console.Error.WriteLineAsync(FormattableString.Invariant($"{written:N0} decisions of {folders.Days:N0} days -> {output}{(reader.Poison > 0 ? FormattableString.Invariant($"; {reader.Poison:N0} records are no decisions and were skipped") : "")}"));
        return VerbRunner.Done;
    }

    private static FinalLabels LabelsOf(Topology topology, ProgressLine progress, CancellationToken cancel)
    {
        KafkaPorts.RequireTopics(topology, topology.Home.Labels);
        using var logs = PipelineLog.Create();
        return RecordedLabels.Read(topology, fromMs: null, read => progress.Show($"{read:N0} labels read"), logs.CreateLogger("scoring"), cancel);
    }
}
