using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Host.Evaluating;
using StreamScoring.Host.Reports;
using StreamScoring.Onnx;

namespace StreamScoring.Host.Verbs;

/// <summary>How good a model is on rows whose labels are known.</summary>
internal static class EvaluateVerb
{
    private const int DrawsMax = 100_000, CardsMax = 1_000_000;

    public static Command Build()
    {
        var model = new Option<string>("--model") { Description = "A model folder, one of MLflow, a bare .onnx file, or NAME[@sha256:…] of --registry", HelpName = "DIR|FILE.onnx|NAME", Required = true };
        var data = new Option<string>("--data") { Description = "Feature rows with labels, as scoring backfill writes them (.csv, .csv.gz, .parquet)", HelpName = "FILE", Required = true };
        var label = new Option<string>("--label") { Description = "The column that says whether a payment was fraud: 0, 1, or empty where it is not known", HelpName = "COLUMN", Required = true };
        var group = new Option<string?>("--group-by") { Description = "Whose payment it is, such as customer_id: adds the precision among the riskiest of a day; needs --time", HelpName = "COLUMN" };
        var time = new Option<string?>("--time") { Description = "When the payment was: ISO 8601, or ms since the Unix epoch; intervals are then drawn by day", HelpName = "COLUMN" };
        var k = new Option<int>("--k") { Description = "Cards that analysts look at a day", HelpName = "N", DefaultValueFactory = _ => 100 };
        var by = new Option<string[]>("--by") { Description = "A column whose values are told apart, such as merchant_country (repeatable)", HelpName = "COLUMN", DefaultValueFactory = _ => [] };
        var amount = new Option<string?>("--amount") { Description = "What a payment is worth, a number from 0 on in one currency: adds the money that is stopped, of frauds and of genuine payments", HelpName = "COLUMN" };
        var compare = new Option<string?>("--compare") { Description = "Another model, on the same rows: the difference, with an interval from the same draws", HelpName = "DIR|FILE.onnx|NAME" };
        var registry = new Option<string?>("--registry") { Description = "The registry that has models called by name", HelpName = "DIR" };
        var kind = new Option<string?>("--output-kind") { Description = "What a bare file's output is: probability, logit or score (default: told from the model)", HelpName = "KIND" };
        kind.AcceptOnlyFromAmong("probability", "logit", "score");
        var fraud = new Option<string?>("--positive-class") { Description = "Which of a bare file's classes is fraud, as the file names it (default: 1, true or fraud)", HelpName = "CLASS" };
        var outputName = new Option<string?>("--output-name") { Description = "Which of a bare file's outputs holds the number, as the file names it", HelpName = "NAME" };
        var draws = new Option<int>("--draws") { Description = "Draws of the bootstrap that intervals come from; 0: no intervals", HelpName = "N", DefaultValueFactory = _ => 1000 };
        var seed = new Option<int>("--seed") { Description = "Of the draws", HelpName = "N", DefaultValueFactory = _ => 1 };
        var report = new Option<string?>("--report") { Description = "Writes report.html, which needs nothing else, and report.json into this folder", HelpName = "DIR" };
        var json = CommonOptions.Json();
        var command = new Command("evaluate",
            """
            Says how good a model is on rows whose labels are known: area under the ROC curve, average precision, precision among the riskiest cards
            of a day, Brier score, calibration error, precision and recall by score, each with an interval where one is drawn. Rows without
            a label or without a score are left out, and counted.

            Example:
              scoring evaluate --model topology/handbook/model --data features.parquet --label tx_fraud --group-by customer_id --time event_time
              scoring evaluate --model model.onnx --output-kind logit --data features.parquet --label fraud --amount amount_base
              scoring evaluate --model champion --compare challenger --registry data/registry --data features.parquet --label fraud --report out
            """) { model, data, label, group, time, k, by, amount, compare, registry, kind, fraud, outputName, draws, seed, report, json };
        command.Runs((parsed, cancel) =>
        {
            if (parsed.GetValue(group) is not null && parsed.GetValue(time) is null)
            {
                throw new InvalidInputFileException("--group-by ranks the cards of a day, and no column says when a payment was; add --time COLUMN");
            }

            var columns = new EvaluatedColumns(parsed.GetRequiredValue(label), parsed.GetValue(time), parsed.GetValue(group), [.. (parsed.GetValue(by) ?? []).Distinct(StringComparer.Ordinal)], parsed.GetValue(amount));
            var told = new ModelLoadOptions { Kind = parsed.GetValue(kind) is { } said ? ModelCard.ParseKind(said) : null, FraudClass = parsed.GetValue(fraud), OutputName = parsed.GetValue(outputName) };
            var run = new EvaluationRun(
                parsed.GetRequiredValue(data), columns, InRange("--k", parsed.GetValue(k), 1, CardsMax), InRange("--draws", parsed.GetValue(draws), 0, DrawsMax), parsed.GetValue(seed), told, cancel);
            var models = new[] { parsed.GetRequiredValue(model), parsed.GetValue(compare) }.OfType<string>().Select(of => ModelPath.Resolve(of, parsed.GetValue(registry))).ToList();
            if (told != new ModelLoadOptions() && models.TrueForAll(ModelPath.HasCard))
            {
                throw new InvalidInputFileException($"--output-kind, --positive-class and --output-name go with a bare .onnx file; the card of {string.Join(" and of ", models)} says what it gives");
            }

            if (parsed.GetValue(report) is { } to)
            {
                OutputFile.RequireNoInput(to, [parsed.GetRequiredValue(data), .. models], "--report");
            }

            var result = run.Of(models[0], models.Count > 1 ? models[1] : null);
            foreach (var notice in result.Notices)
            {
                Console.Error.WriteLine(notice);
            }

            if (parsed.GetValue(report) is { } folder)
            {
                EvaluationPage.Write(folder, result);
                Console.Error.WriteLine($"-> {Path.Combine(folder, ReportPage.FileName)}");
            }

            Console.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(EvaluationJson.Of(result)) : EvaluationText.Of(result));
            return Task.FromResult(VerbRunner.Done);
        });
        return command;
    }

    private static int InRange(string option, int value, int min, int max) =>
        value >= min && value <= max ? value : throw new InvalidInputFileException(string.Create(CultureInfo.InvariantCulture, $"{option} is {value}; allowed {min}..{max}"));
}
