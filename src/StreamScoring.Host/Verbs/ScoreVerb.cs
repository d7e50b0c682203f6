using System.CommandLine;
using System.Globalization;
using System.Text;
using StreamScoring.Decisions;
using StreamScoring.Files;
using StreamScoring.Host.Evaluating;
using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Host.Verbs;

internal static class ScoreVerb
{
    private static readonly TimeSpan TimeMaxDefault = TimeSpan.FromSeconds(30);

    public static Command Build()
    {
        var model = new Option<string>("--model") { Description = "A model folder, one of MLflow, or a bare .onnx file", HelpName = "DIR|FILE.onnx", Required = true };
        var data = new Option<string>("--data") { Description = "The table to score (.csv, .csv.gz, .parquet); an empty cell is a missing value", HelpName = "FILE", Required = true };
        var output = CommonOptions.Output("The table to write: payment_id, raw, probability, score (.csv, .csv.gz or .parquet)");
        var kind = new Option<string?>("--output-kind") { Description = "What a bare file's output is: probability, logit or score (default: told from the model)", HelpName = "KIND" };
        kind.AcceptOnlyFromAmong("probability", "logit", "score");
        var fraud = new Option<string?>("--positive-class") { Description = "Which of the model's classes is fraud, as the file names it (default: 1, true or fraud; a folder's card)", HelpName = "CLASS" };
        var outputName = new Option<string?>("--output-name") { Description = "Which of several outputs holds the number, as the file names it (default: a folder's card)", HelpName = "NAME" };
        var timeMax = new Option<string?>("--time-max") { Description = $"Longest that loading the model, or scoring {TableScorer.RowsPerCall} rows, may take (default 30s)", HelpName = "TIME" };
        var inputs = new Option<string?>("--inputs") { Description = "A bare file's inputs: the table's columns by name, in the model's order", HelpName = "A,B,…" };
        var ignore = new Option<string?>("--ignore") { Description = "Columns of the table that are none of a bare file's inputs, such as the label", HelpName = "A,B,…" };
        var columns = new Option<string?>("--columns") { Description = "The table's columns file: the label that it names is no input either", HelpName = "FILE" };
        var command = new Command("score",
            """
            Scores a table with a model: raw is the model's own output, probability what link and calibration make of it, score 0-99.
            A bare file's inputs are the table's columns: by name where the model names them, else those of --inputs in that order, else
            those that its metadata or MLflow's signature names, else all in order but payment_id, those of --ignore, and the label of --columns.
            The probability is of the class fraud. Where the file does not say which class that is, --positive-class does (docs/models.md).
            A row on which the model fails is left without a score, and the first of them is said.

            Example:
              scoring score --model topology/generated/model --data data/features.parquet --output data/scores.csv
              scoring score --model model.onnx --data data/features.parquet --ignore fraud --output data/scores.csv
            """) { model, data, output, kind, fraud, outputName, timeMax, inputs, ignore, columns };
        command.Runs((parsed, cancel) =>
        {
            OutputFile.RequireTable(parsed.GetRequiredValue(output), [parsed.GetValue(model), parsed.GetValue(data), parsed.GetValue(columns)]);
            var time = CommonOptions.TimeOf("--time-max", parsed.GetValue(timeMax)) ?? TimeMaxDefault;
            var options = new ModelLoadOptions
            {
                Kind = parsed.GetValue(kind) is { } said ? ModelCard.ParseKind(said) : null,
                FraudClass = parsed.GetValue(fraud),
                OutputName = parsed.GetValue(outputName),
                LoadMax = time,
                CallMax = time,
                Cancel = cancel,
            };
            var choice = new InputChoice(parsed.GetValue(inputs), parsed.GetValue(ignore), parsed.GetValue(columns));
            return Task.FromResult(Run(parsed.GetRequiredValue(model), parsed.GetRequiredValue(data), parsed.GetRequiredValue(output), choice, options));
        });
        return command;
    }

    private static int Run(string modelPath, string dataPath, string outputPath, InputChoice inputs, ModelLoadOptions options)
    {
        using var model = ModelPath.Load(modelPath, dataPath, inputs, options);
        foreach (var notice in model.Notices)
        {
            Console.Error.WriteLine($"{modelPath}: {notice}");
        }

        var (table, unscored) = (ScoringTable.Read(dataPath, model.Inputs), new UnscoredRows());
        using var writer = TableWriter.Create(outputPath, [("payment_id", true), ("raw", false), ("probability", false), ("score", false)]);
        TableScorer.Run(model, table, unscored, (first, raw) =>
        {
            for (var i = 0; i < raw.Length; i++)
            {
                var id = table.Ids[first + i] ?? (first + i).ToString(CultureInfo.InvariantCulture);
                Write(writer, id, raw[i], model.Calibration);
                if (double.IsNaN(model.Calibration.Probability(raw[i])))
                {
                    unscored.Add(id, raw[i]);
                }
            }
        }, options.Cancel);
        writer.Complete();
        if (unscored.Count > 0)
        {
            Console.Error.WriteLine($"{modelPath}: of {table.RowCount:N0} rows {unscored}");
        }

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
