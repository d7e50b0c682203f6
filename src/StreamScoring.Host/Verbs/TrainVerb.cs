using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Features;
using StreamScoring.Files;
using StreamScoring.Host.Evaluating;
using StreamScoring.Onnx;
using StreamScoring.Training;
using StreamScoring.Training.Boosting;

namespace StreamScoring.Host.Verbs;

internal static class TrainVerb
{
    private const string DefaultTime = "event_time", Balanced = "balanced";

    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Build()
    {
        var features = CommonOptions.Features();
        var data = new Option<string>("--data") { Description = "Feature rows with labels, as `scoring backfill --label-column` writes them", HelpName = "FILE", Required = true };
        var label = new Option<string>("--label") { Description = "The column that says whether a payment was fraud: 0, 1, or empty where it is not known", HelpName = "COLUMN", Required = true };
        var output = CommonOptions.Output("The model folder to write: model.onnx, card.yaml, golden.parquet; one that holds anything else is refused");
        var name = new Option<string?>("--name") { Description = "The model's name on decisions (default: that of the feature file's folder)", HelpName = "NAME" };
        var kind = new Option<string>("--kind") { Description = "trees: boosted trees; logistic: logistic regression, the small model of a ladder", DefaultValueFactory = _ => "trees" };
        kind.AcceptOnlyFromAmong("trees", "logistic");
        var inputs = new TrainInputOptions();
        var split = new TrainSplitOptions();
        var trees = new Option<int?>("--trees") { Description = $"Boosted trees at the most (default {TrainingOptions.TreesDefault}; {TrainingOptions.TreesUnmeasured} where nothing says when to stop)", HelpName = "N" };
        var patience = new Option<int>("--patience") { Description = "So many trees in a row that do not better the average precision are enough; 0: all trees are made", DefaultValueFactory = _ => 50, HelpName = "N" };
        var leaves = new Option<int>("--leaves") { Description = "Leaves of each tree", DefaultValueFactory = _ => BoostingParameters.Default.Leaves, HelpName = "N" };
        var rate = new Option<double>("--learning-rate") { Description = "What each tree's leaves are multiplied by", DefaultValueFactory = _ => BoostingParameters.Default.LearningRate, HelpName = "R" };
        var rowsPerLeaf = new Option<int>("--rows-per-leaf") { Description = "Rows that a leaf has at least", DefaultValueFactory = _ => BoostingParameters.Default.RowsPerLeaf, HelpName = "N" };
        var inputShare = new Option<double>("--input-share") { Description = "Of the inputs, drawn anew for each tree", DefaultValueFactory = _ => BoostingParameters.Default.InputShare, HelpName = "S" };
        var rowShare = new Option<double>("--row-share") { Description = "Of the rows, drawn anew for each tree", DefaultValueFactory = _ => BoostingParameters.Default.RowShare, HelpName = "S" };
        var l2 = new Option<double>("--l2") { Description = "Pulls leaves towards zero", DefaultValueFactory = _ => BoostingParameters.Default.L2, HelpName = "W" };
        var members = new Option<int>("--members") { Description = "Boosters of a seed each, whose mean is the model: steadier, and as many times slower", DefaultValueFactory = _ => 1, HelpName = "N" };
        var fraudWeight = new Option<string>("--fraud-weight") { Description = $"How much more a fraud counts than a genuine payment; {Balanced}: so much that both kinds count alike", DefaultValueFactory = _ => "1", HelpName = "W" };
        var calibration = new Option<string>("--calibration") { Description = "On the validation part. platt: a line over the log-odds, in the model; isotonic: a rising curve, on the card; none", DefaultValueFactory = _ => "platt" };
        calibration.AcceptOnlyFromAmong("none", "platt", "isotonic");
        var noRefit = new Option<bool>("--no-refit") { Description = "Keep the model that was fitted to the rows before the gap, and do not fit it to all rows once more" };
        var trials = new Option<int?>("--search") { Description = "Look for better parameters: trials in all, the first with those given here", HelpName = "N" };
        var searchTime = new Option<string?>("--search-time") { Description = "Look for so long, such as 30m; how many trials that are is the machine's affair, and stands on the card", HelpName = "TIME" };
        var searchLog = new Option<string?>("--search-log") { Description = "Where trials are kept; a search that was ended goes on there (default: OUTPUT.search)", HelpName = "FILE" };
        var parent = new Option<string?>("--parent") { Description = "The model that this one is to follow: its name and version go on the card", HelpName = "DIR|NAME" };
        var registry = new Option<string?>("--registry") { Description = "The registry that has a parent called by name", HelpName = "DIR" };
        var seed = new Option<int>("--seed") { Description = "The same seed and data give the same model, to the last bit, on one machine", DefaultValueFactory = _ => 1, HelpName = "N" };
        var threads = new Option<int>("--threads") { Description = "That work at the same time (default: one for each core); the model is the same with any number", DefaultValueFactory = _ => Environment.ProcessorCount, HelpName = "N" };
        var json = CommonOptions.Json();
        var command = new Command("train",
            """
            Trains a model on the features of a feature file and writes it as an ONNX model folder. The late rows are the validation part:
            they say how many trees are enough, how good the model is, and how it is calibrated. Between them and the rows that are fitted to
            lies a gap as long as labels take. Then the model is fitted once more, to all rows, and checked on every one of them.

            Example:
              scoring train --features topology/generated/features.yaml --data data/features.parquet --label fraud \
                --output data/model

            With parameters that a search of ten minutes finds (Ctrl-C, and it goes on where it was):
              scoring train --features features.yaml --data features.parquet --label fraud --output model --search-time 10m

            The small model of a ladder:
              scoring train --features features.yaml --data features.parquet --label fraud --output small --kind logistic
            """) { features, data, label, output, name, kind };
        inputs.AddTo(command);
        split.AddTo(command);
        foreach (var option in (Option[])[trees, patience, leaves, rate, rowsPerLeaf, inputShare, rowShare, l2, members, fraudWeight, calibration, noRefit, trials, searchTime, searchLog, parent, registry, seed, threads, json])
        {
            command.Add(option);
        }

        command.Runs((parsed, cancel) =>
        {
            var (featureFile, dataFile, folder) = (parsed.GetRequiredValue(features), parsed.GetRequiredValue(data), parsed.GetRequiredValue(output));
            var log = parsed.GetValue(searchLog) ?? $"{Path.TrimEndingDirectorySeparator(folder)}.search";
            OutputFile.RequireFolder(folder, [featureFile, dataFile]);
            OutputFile.RequireNoInput(log, [featureFile, dataFile], "--search-log");
            var file = FeatureFiles.Load(featureFile);
            string? time;
            using (var reader = TableReader.Open(dataFile))
            {
                RequireLabel(reader, parsed.GetRequiredValue(label), file.Schema);
                time = split.TimeColumnOf(parsed) ?? (reader.IndexOf(DefaultTime) >= 0 && file.Schema.IndexOf(DefaultTime) < 0 ? DefaultTime : null);
                if (time is not null)
                {
                    reader.Require(time);
                }
            }

            var isLogistic = parsed.GetRequiredValue(kind) == "logistic";
            var isSearched = parsed.GetValue(trials) is not null || parsed.GetValue(searchTime) is not null;
            RequireTreesAlone(isLogistic, isSearched, parsed.GetValue(members));
            var columns = inputs.ColumnsOf(parsed, featureFile, file.Schema, isLogistic);
            var options = new TrainingOptions
            {
                Name = parsed.GetValue(name) ?? Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(featureFile))!),
                Command = $"scoring {string.Join(' ', Environment.GetCommandLineArgs().Skip(1))}",
                FeatureFileHash = file.Hash,
                DataFile = dataFile,
                Label = parsed.GetRequiredValue(label),
                Columns = columns,
                TextsLeftOut = inputs.TextsLeftOut(parsed, file.Schema, columns),
                Split = split.Of(parsed, time, LabelDelayMsOf(file)),
                Kind = isLogistic ? ModelKind.Logistic : ModelKind.Trees,
                Trees = parsed.GetValue(trees) is { } count ? InRange("--trees", count, 1, 10_000) : null,
                Patience = InRange("--patience", parsed.GetValue(patience), 0, 10_000),
                Members = InRange("--members", parsed.GetValue(members), 1, 100),
                Boosting = new BoostingParameters(
                    InRange("--leaves", parsed.GetValue(leaves), 2, 4096), InRange("--learning-rate", parsed.GetValue(rate), 0.0001, 1), InRange("--rows-per-leaf", parsed.GetValue(rowsPerLeaf), 1, 1_000_000),
                    InRange("--input-share", parsed.GetValue(inputShare), 0.01, 1), InRange("--row-share", parsed.GetValue(rowShare), 0.01, 1), InRange("--l2", parsed.GetValue(l2), 0, 1_000_000)),
                FraudWeight = FraudWeightOf(parsed.GetRequiredValue(fraudWeight)),
                Calibration = Enum.Parse<CalibrationKind>(parsed.GetRequiredValue(calibration), ignoreCase: true),
                Refits = !parsed.GetValue(noRefit),
                Search = isSearched
                    ? new SearchOptions(parsed.GetValue(trials) is { } most ? InRange("--search", most, 1, 100_000) : int.MaxValue, CommonOptions.TimeOf("--search-time", parsed.GetValue(searchTime)), log)
                    : null,
                Seed = parsed.GetValue(seed),
                Threads = InRange("--threads", parsed.GetValue(threads), 1, 1024),
                Parent = parsed.GetValue(parent) is { } named ? ParentOf(ModelPath.Resolve(named, parsed.GetValue(registry))) : null,
            };
            using var progress = new ProgressLine();
            var summary = new Trainer(options, sentence => progress.Say(sentence), progress.Show).Run(folder, cancel);
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(summary, SnakeCase));
            }

            return Task.FromResult(VerbRunner.Done);
        });
        return command;
    }

    private static void RequireLabel(TableReader reader, string label, FeatureSchema schema)
    {
        if (label == "payment_id" || schema.IndexOf(label) >= 0)
        {
            throw new InvalidInputFileException($"--label {label} is an input; name the column that says whether a payment was fraud");
        }

        reader.Require(label);
    }

    private static void RequireTreesAlone(bool isLogistic, bool isSearched, int members)
    {
        if (isLogistic && (isSearched || members > 1))
        {
            throw new InvalidInputFileException($"{(isSearched ? "--search" : "--members")} is of trees; logistic regression tries its few penalties by itself; leave it out, or --kind logistic");
        }
    }

    /// <summary>How long labels take, as the features count with: the longest delay of a
    /// window.</summary>
    private static long LabelDelayMsOf(FeatureFile file) => Enumerable.Range(0, file.Schema.Names.Count).Max(i => file.PastOf(i)?.Window.DelayMs ?? 0);

    private static string ParentOf(string path)
    {
        using var model = ModelPath.Load(path, null, new InputChoice(null, null, null), new ModelLoadOptions());
        return $"{model.Name}@{model.Version}";
    }

    private static double? FraudWeightOf(string text) => text == Balanced ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) && weight is > 0 and <= 1_000_000 ? weight
        : throw new InvalidInputFileException($"--fraud-weight is {text}; allowed above 0, up to 1000000, or {Balanced}");

    private static T InRange<T>(string option, T value, T min, T max)
        where T : IComparable<T> =>
        value.CompareTo(min) >= 0 && value.CompareTo(max) <= 0 ? value
            : throw new InvalidInputFileException(string.Create(CultureInfo.InvariantCulture, $"{option} is {value}; allowed {min}..{max}"));
}
