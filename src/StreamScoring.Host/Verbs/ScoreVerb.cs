using System.CommandLine;
using System.Globalization;
using System.Text;
using StreamScoring.Decisions;
using StreamScoring.Files;
using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Host.Verbs;

internal static class ScoreVerb
{
    private const int RowsPerCall = 1024;

    public static Command Build()
    {
        var model = new Option<string>("--model") { Description = "A model folder, or a bare .onnx file", HelpName = "DIR|FILE.onnx", Required = true };
        var data = new Option<string>("--data") { Description = "The table to score (.csv, .csv.gz, .parquet); an empty cell is a missing value", HelpName = "FILE", Required = true };
        var output = CommonOptions.Output("The table to write: payment_id, raw, probability, score");
        var kind = new Option<string?>("--output-kind") { Description = "What a bare file's output is: probability, logit or score (default: told from the model)", HelpName = "KIND" };
        kind.AcceptOnlyFromAmong("probability", "logit", "score");
        var inputs = new Option<string?>("--inputs") { Description = "A bare file's inputs: the table's columns by name, in the model's order", HelpName = "A,B,…" };
        var ignore = new Option<string?>("--ignore") { Description = "Columns of the table that are none of a bare file's inputs, such as the label", HelpName = "A,B,…" };
        var columns = new Option<string?>("--columns") { Description = "The table's columns file: the label that it names is no input either", HelpName = "FILE" };
        var command = new Command("score",
            """
            Scores a table with a model: raw is the model's own output, probability what link and calibration make of it, score 0-99.
            A bare file's inputs are the table's columns: by name where the model names them, else those of --inputs in that order, else
            all in order but payment_id, those of --ignore, and the label of --columns.

            Example:
              scoring score --model topology/generated/model --data data/features.parquet --output data/scores.csv
              scoring score --model model.onnx --data data/features.parquet --ignore fraud --output data/scores.csv
            """) { model, data, output, kind, inputs, ignore, columns };
        command.Runs((parsed, cancel) => Task.FromResult(Run(
            parsed.GetRequiredValue(model), parsed.GetRequiredValue(data), parsed.GetRequiredValue(output), parsed.GetValue(kind),
            new InputChoice(parsed.GetValue(inputs), parsed.GetValue(ignore), parsed.GetValue(columns)), cancel)));
        return command;
    }

    private static int Run(string modelPath, string dataPath, string outputPath, string? kind, InputChoice inputs, CancellationToken cancel)
    {
        using var model = Directory.Exists(modelPath)
            ? OnnxModelLoader.LoadFolder(inputs.RequireNone(modelPath))
            : OnnxModelLoader.LoadFile(modelPath, inputs.ColumnsOf(dataPath), kind is null ? null : ModelCard.ParseKind(kind));
        foreach (var notice in model.Notices)
        {
            Console.Error.WriteLine($"{modelPath}: {notice}");
        }

        using var progress = new ProgressLine();
        var table = ScoringTable.Read(dataPath, model.Inputs);
        using var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], RowsPerCall);
        using var writer = TableWriter.Create(outputPath, [("payment_id", true), ("raw", false), ("probability", false), ("score", false)]);
        var (rows, raw) = (new int[RowsPerCall], new double[RowsPerCall]);
        for (var first = 0; first < table.RowCount; first += RowsPerCall)
        {
            cancel.ThrowIfCancellationRequested();
            var count = Math.Min(RowsPerCall, table.RowCount - first);
            for (var i = 0; i < count; i++)
            {
                rows[i] = first + i;
            }

            lane.Score(table.Features, rows.AsSpan(0, count), raw.AsSpan(0, count));
            for (var i = 0; i < count; i++)
            {
                Write(writer, table.Ids[first + i] ?? (first + i).ToString(CultureInfo.InvariantCulture), raw[i], model.Calibration);
            }

            progress.Show($"{first + count:N0} of {table.RowCount:N0} rows");
        }

        writer.Complete();
        progress.Clear();
        Console.Error.WriteLine($"{table.RowCount:N0} rows -> {outputPath}");
        return VerbRunner.Done;
    }

    private static void Write(TableWriter writer, string id, double raw, ScoreCalibration calibration)
    {
        var probability = calibration.Probability(raw);
        writer.Text(Encoding.UTF8.GetBytes(id));
        writer.Number(raw);
        writer.Number(probability);
        writer.Number(double.IsNaN(probability) ? double.NaN : RiskScore.FromProbability(probability));
        writer.EndRow();
    }
}
