using System.CommandLine;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Deployment.Registry;
using StreamScoring.Host.Evaluating;
using StreamScoring.Host.Registry;
using StreamScoring.Onnx;

namespace StreamScoring.Host.Verbs;

/// <summary>Puts a model into a registry, if it passes.</summary>
internal static class ModelsAddVerb
{
    private static readonly TimeSpan BudgetDefault = TimeSpan.FromMilliseconds(100);

    public static Command Build()
    {
        var registry = new Option<string?>("--registry") { Description = "The registry's folder; it is made where there is none", HelpName = "DIR" };
        var topology = new Option<string?>("--topology") { Description = "The topology that names the registry (models.registry)", HelpName = "FILE" };
        var model = new Option<string>("--model") { Description = "A bare .onnx file, a folder of MLflow, or a model folder", HelpName = "FILE.onnx|DIR", Required = true };
        var name = new Option<string>("--name") { Description = "What decisions call it: " + ModelReference.NameForm, HelpName = "NAME", Required = true };
        var features = new Option<string?>("--features") { Description = "The feature file that it is to be served with: its inputs must be features of it (default: that of --topology)", HelpName = "FILE" };
        var inputs = new Option<string?>("--inputs") { Description = "A bare file's inputs in the model's order", HelpName = "A,B,…" };
        var golden = new Option<string?>("--golden")
        {
            Description = "Rows that the model knows: a table that has its inputs, such as one of backfill, or a folder of scoring export; its output may stand in the column expected_raw",
            HelpName = "FILE|DIR",
        };
        var ignore = new Option<string?>("--ignore") { Description = "Columns of --golden that are none of a bare file's inputs, such as the label", HelpName = "A,B,…" };
        var columns = new Option<string?>("--columns") { Description = "The columns file of --golden: the label that it names is no input either", HelpName = "FILE" };
        var kind = new Option<string?>("--output-kind") { Description = "What a bare file's output is: probability, logit or score (default: told from the model)", HelpName = "KIND" };
        kind.AcceptOnlyFromAmong("probability", "logit", "score");
        var outputName = new Option<string?>("--output-name") { Description = "Which of several outputs holds the number", HelpName = "NAME" };
        var fraud = new Option<string?>("--positive-class") { Description = "Which of the model's classes is fraud", HelpName = "CLASS" };
        var budget = new Option<string?>("--budget") { Description = "Longest that a full batch may take (default 100ms)", HelpName = "TIME" };
        var batch = new Option<int>("--batch") { Description = "Rows of a full batch: ingest.batchRowsMax", HelpName = "N", DefaultValueFactory = _ => 256 };
        var why = new Option<string?>("--why") { Description = "Why; it is kept in the registry's history", HelpName = "TEXT" };
        var json = CommonOptions.Json();
        var command = new Command("add",
            """
            Puts a model into a registry and prints its version. What a bare file lacks, card and golden rows, is written, and what was
            assumed for that is said. A model that does not load, whose inputs are no features, whose golden rows do not come out, or that
            is too slow or too large is refused (docs/models.md).

            Example:
              scoring models add --registry data/registry --model model.onnx --name challenger --features topology/handbook/features.yaml

            With golden rows of a table that has other columns too:
              scoring models add --registry data/registry --model model.onnx --name challenger --features topology/handbook/features.yaml \
                --golden data/features.parquet
            """) { registry, topology, model, name, features, inputs, golden, ignore, columns, kind, outputName, fraud, budget, batch, why, json };
        command.Runs((parsed, cancel) =>
        {
            var named = parsed.GetRequiredValue(name);
            if (!ModelReference.IsName(named))
            {
                throw new InvalidInputFileException($"--name is {named}; a name has {ModelReference.NameForm}");
            }

            if (parsed.GetValue(batch) is < 1 or > Batches.PaymentBatch.RowsCeiling)
            {
                throw new InvalidInputFileException($"--batch is {parsed.GetValue(batch)}; allowed: 1 to {Batches.PaymentBatch.RowsCeiling}");
            }

            var featurePath = parsed.GetValue(features) ?? (parsed.GetValue(topology) is { } of ? ModelsVerb.FeaturesOf(of) : null);
            var featureFile = featurePath is null ? null : FeatureFiles.Load(featurePath);
            var options = new ModelLoadOptions
            {
                Kind = parsed.GetValue(kind) is { } said ? ModelCard.ParseKind(said) : null,
                FraudClass = parsed.GetValue(fraud),
                OutputName = parsed.GetValue(outputName),
                Cancel = cancel,
            };
            var choice = new InputChoice(parsed.GetValue(inputs), parsed.GetValue(ignore), parsed.GetValue(columns));
            var source = new ModelSource(parsed.GetRequiredValue(model), choice, parsed.GetValue(golden) is { } rows ? GoldenSource.Of(rows) : null, featureFile, options);
            var gate = new ModelGate(featureFile, featurePath, CommonOptions.TimeOf("--budget", parsed.GetValue(budget)) ?? BudgetDefault, parsed.GetValue(batch));
            var folder = ModelsVerb.FolderOf(parsed.GetValue(registry), parsed.GetValue(topology));
            return Task.FromResult(Add(folder, source, gate, parsed.GetRequiredValue(model), named, parsed.GetValue(why), parsed.GetValue(json), cancel));
        });
        return command;
    }

    private static string? Said(RegistryAddition addition) => addition switch
    {
        RegistryAddition.SameFiles => "is in the registry already",
        RegistryAddition.OtherFiles => "is in the registry already, with another card or other golden rows; those stay, and these are not taken",
        RegistryAddition.Mended => "was in the registry and its files had been changed; they are these again",
        _ => null,
    };

    private static int Add(string registryFolder, ModelSource source, ModelGate gate, string shownAs, string name, string? why, bool isJson, CancellationToken cancel)
    {
        ModelRegistry.RequireRoom(registryFolder);
        // It is tried aside: what does not pass leaves no trace, and nobody waits for the registry.
        var tried = Directory.CreateTempSubdirectory("scoring-model-");
        try
        {
            var assumed = source.Write(name, tried.FullName);
            var (version, notices) = gate.Pass(tried.FullName, shownAs, cancel);
            foreach (var notice in NoticesOf(assumed, notices, tried.FullName))
            {
                Console.Error.WriteLine($"{shownAs}: {notice}");
            }

            var model = new ModelReference(name, version);
            using var edit = ModelRegistry.OpenOrMake(registryFolder).Edit();
            var addition = edit.AddCopy(model, tried.FullName, PolicyLogs.Me, why);
            if (Said(addition) is { } said)
            {
                Console.Error.WriteLine($"{model} {said}");
            }

            Console.WriteLine(isJson ? JsonSerializer.Serialize(new { model = model.ToString(), added = addition is RegistryAddition.New, assumed }) : model.ToString());
            return VerbRunner.Done;
        }
        finally
        {
            tried.Delete(recursive: true);
        }
    }

    /// <summary>
    /// What was said of a bare file is not said again of the folder that was made of it. The folder
    /// is nobody's place.
    /// </summary>
    private static IEnumerable<string> NoticesOf(IReadOnlyList<string> ofFile, IReadOnlyList<string> ofFolder, string folder) => ofFile
        .Concat(ofFolder.Where(notice => ofFile.Count == 0 || !notice.Contains(folder, StringComparison.Ordinal)).Select(notice => notice.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)))
        .Distinct(StringComparer.Ordinal);
}
