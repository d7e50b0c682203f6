using System.CommandLine;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Files;
using StreamScoring.Training;

namespace StreamScoring.Host.Verbs;

internal static class TrainVerb
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Build()
    {
        var features = CommonOptions.Features();
        var data = new Option<string>("--data") { Description = "Feature rows with labels, as `scoring backfill --label-column` writes them", HelpName = "FILE", Required = true };
        var label = new Option<string>("--label") { Description = "The column that says whether a payment was fraud: 0, 1, or empty where it is not known", HelpName = "COLUMN", Required = true };
        var output = CommonOptions.Output("The model folder to write: model.onnx, card.yaml, golden.parquet; one that holds anything else is refused");
        var name = new Option<string?>("--name") { Description = "The model's name on decisions (default: that of the feature file's folder)", HelpName = "NAME" };
        var trees = new Option<int>("--trees") { Description = "Boosted trees", DefaultValueFactory = _ => 200, HelpName = "N" };
        var leaves = new Option<int>("--leaves") { Description = "Leaves of each", DefaultValueFactory = _ => 31, HelpName = "N" };
        var rate = new Option<double>("--learning-rate") { Description = "Shrinkage of each tree", DefaultValueFactory = _ => 0.05, HelpName = "R" };
        var seed = new Option<int>("--seed") { Description = "The same seed and data give the same model", DefaultValueFactory = _ => 1, HelpName = "N" };
        var threads = new Option<int>("--threads") { Description = "Threads of LightGBM; several pay off with millions of rows and idle cores, as they wait busily for each other", DefaultValueFactory = _ => 1, HelpName = "N" };
        var json = CommonOptions.Json();
        var command = new Command("train",
            """
            Trains boosted trees (LightGBM) on the features of a feature file and writes them as an ONNX model folder.
            The written model is checked on every row against LightGBM's own output. Rows without a label and features that are texts
            are left out, and named. Metrics are those of a model fitted to all but the last tenth of the rows, on that tenth.

            Example:
              scoring train --features topology/generated/features.yaml --data data/features.parquet --label fraud \
                --output data/model
            """) { features, data, label, output, name, trees, leaves, rate, seed, threads, json };
        command.Runs((parsed, cancel) =>
        {
            var featureFile = parsed.GetRequiredValue(features);
            var dataFile = parsed.GetRequiredValue(data);
            OutputFile.RequireFolder(parsed.GetRequiredValue(output), [featureFile, dataFile]);
            var file = FeatureFiles.Load(featureFile);
            using (var reader = TableReader.Open(dataFile))
            {
                if (parsed.GetRequiredValue(label) == "payment_id" || file.Schema.IndexOf(parsed.GetRequiredValue(label)) >= 0)
                {
                    throw new InvalidInputFileException($"--label {parsed.GetValue(label)} is an input; name the column that says whether a payment was fraud");
                }

                reader.Require(parsed.GetRequiredValue(label));
            }

            var options = new TrainingOptions(
                parsed.GetValue(name) ?? Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(featureFile))!), file.Hash, dataFile, parsed.GetRequiredValue(label),
                [.. file.Schema.Names.Where((_, i) => !file.Schema.IsText(i))],
                InRange(parsed.GetValue(trees), 1, 10_000, "--trees"), InRange(parsed.GetValue(leaves), 2, 4096, "--leaves"),
                parsed.GetValue(rate) is > 0 and <= 1 and var shrinkage ? shrinkage : throw new InvalidInputFileException($"--learning-rate is {parsed.GetValue(rate)}; allowed above 0, up to 1"),
                parsed.GetValue(seed), $"scoring {string.Join(' ', Environment.GetCommandLineArgs().Skip(1))}")
            {
                Threads = InRange(parsed.GetValue(threads), 1, 1024, "--threads"),
                TextsLeftOut = [.. file.Schema.Names.Where((_, i) => file.Schema.IsText(i))],
            };
            if (options.Inputs.Count == 0)
            {
                throw new InvalidInputFileException($"{featureFile}: all features are texts, and trees are trained on numbers");
            }

            using var progress = new ProgressLine();
            var summary = new Trainer(options, sentence => progress.Say(sentence), rows => progress.Show($"{rows:N0} rows read")).Run(parsed.GetRequiredValue(output), cancel);
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(summary, SnakeCase));
            }

            return Task.FromResult(VerbRunner.Done);
        });
        return command;
    }

    private static int InRange(int value, int min, int max, string option) =>
        value >= min && value <= max ? value : throw new InvalidInputFileException($"{option} is {value}; allowed {min}..{max}");
}
