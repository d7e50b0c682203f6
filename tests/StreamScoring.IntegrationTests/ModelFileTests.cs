using System.Text.Json;
using System.Text.RegularExpressions;
using StreamScoring.Files;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Protos;
using StreamScoring.Scoring;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// Model files of other makers as a user meets them: the program, a file, a table.
/// </summary>
public sealed partial class ModelFileTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>, IDisposable
{
    private const string Topology = "topology/generated/topology.yaml";

    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly string _folder = Directory.CreateTempSubdirectory("models").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SharedTheory]
    [InlineData("class-order", "text-labels-zipmap")]
    [InlineData("probe-outside-domain", "embedding")]
    public async Task A_bare_file_gives_the_right_probabilities_for_a_table(string @case, string name)
    {
        string PathOf(string ending) => SharedFolder.PathOf("cases", @case, name + ending);
        var output = Path.Combine(_folder, "scores.csv");
        await ScoringProcess.SucceedAsync(NoEnvironment, "score", "--model", PathOf(".onnx"), "--data", PathOf(".csv"), "--output", output);
        using var scored = TableReader.Open(output);
        using var expected = TableReader.Open(PathOf(".expected.csv"));
        var (actual, right) = (scored.Require("probability"), expected.Require("probability"));
        while (expected.Read())
        {
            Assert.True(scored.Read());
            Assert.Equal(expected.Number(right), scored.Number(actual), 1e-6);
        }

        Assert.False(scored.Read());
    }

    [Fact]
    public async Task The_class_that_is_fraud_is_asked_for_where_names_do_not_say_it_and_can_be_said()
    {
        var model = HandMadeModels.TwoClasses(["suspect", "usual"], areTexts: true).ZipMapped(["suspect", "usual"], areTexts: true).Save(_folder);
        var (table, output) = (Table("payment_id,a,b", "r0,0,0"), Path.Combine(_folder, "scores.csv"));
        var refused = await ScoringProcess.RunAsync(NoEnvironment, "score", "--model", model, "--data", table, "--output", output);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains($"{model}: has the classes suspect, usual, and does not say which of them is fraud", refused.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(output));
        await ScoringProcess.SucceedAsync(NoEnvironment, "score", "--model", model, "--data", table, "--output", output, "--positive-class", "suspect");
        using var scored = TableReader.Open(output);
        Assert.True(scored.Read());
        Assert.Equal(1 / (1 + Math.E), scored.Number(scored.Require("probability")), 1e-6);
    }

    [Fact]
    public async Task The_runtime_reports_nothing_to_anybody_and_leaves_nothing_in_the_user_s_folder()
    {
        var model = TypedTensors.Of([("a", TypedTensors.Float, 1, false)]).Save(_folder);
        var (table, output, home) = (Table("payment_id,a", "r0,1"), Path.Combine(_folder, "scores.csv"), Directory.CreateDirectory(Path.Combine(_folder, "home")).FullName);
        // It is quiet by itself where it finds a build server.
        var environment = new Dictionary<string, string> { ["HOME"] = home, ["XDG_CACHE_HOME"] = Path.Combine(home, "cache"), ["CI"] = "" };
        await ScoringProcess.SucceedAsync(environment, "score", "--model", model, "--data", table, "--output", output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(home));
    }

    [Fact]
    public async Task A_folder_of_MLflow_says_where_its_model_is_and_which_columns_it_takes()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "logged")).FullName;
        TypedTensors.Of([("x", TypedTensors.Float, 2, false)]).Save(folder);
        File.WriteAllText(Path.Combine(folder, "MLmodel"), """
            artifact_path: model
            flavors:
              onnx:
                data: model.onnx
                onnx_version: 1.17.0
                providers: [CUDAExecutionProvider, CPUExecutionProvider]
              python_function: {loader_module: mlflow.onnx}
            mlflow_version: 2.19.0
            signature:
              inputs: '[{"type": "float", "name": "b", "required": true}, {"type": "float", "name": "a", "required": true}]'
              outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'
            """);
        var (table, output) = (Table("payment_id,a,extra,b", "r0,1,9,0", "r1,0,9,1"), Path.Combine(_folder, "scores.csv"));
        await ScoringProcess.SucceedAsync(NoEnvironment, "score", "--model", folder, "--data", table, "--output", output);
        using var scored = TableReader.Open(output);
        var probability = scored.Require("probability");
        foreach (var weight in (double[])[TypedTensors.WeightOf(1), TypedTensors.WeightOf(0)])
        {
            Assert.True(scored.Read());
            Assert.Equal(1 / (1 + Math.Exp(-weight)), scored.Number(probability), 1e-6);
        }
    }

    [Theory]
    [InlineData("Score", 0)]
    [InlineData("Probability", 1)]
    [InlineData(null, 1)]
    public async Task Of_several_outputs_the_one_that_is_named_counts_and_else_the_probability_that_is_made_of_the_others(string? name, int column)
    {
        var proto = TypedTensors.Of([("x", TypedTensors.Float, 2, false)]);
        proto.Graph.Node[^1].Output[0] = "Probability";
        proto.Graph.Output[0].Name = "Probability";
        proto.Graph.Output.Insert(0, new ValueInfoProto { Name = proto.Graph.Node[^1].Input[0], Type = proto.Graph.Output[0].Type.Clone() });
        proto.Graph.Node[^2].Output[0] = proto.Graph.Node[^1].Input[0] = proto.Graph.Output[0].Name = "Score";
        proto.Graph.Node.Add(new NodeProto { OpType = "Identity", Input = { "x" }, Output = { "x.output" } });
        foreach (var named in new[] { "Score", "Probability" })
        {
            // As ML.NET writes it: what is computed, and its copy as an output.
            foreach (var node in proto.Graph.Node)
            {
                if (node.Output[0] == named)
                {
                    node.Output[0] = $"inner {named}";
                }

                if (node.Input[0] == named)
                {
                    node.Input[0] = $"inner {named}";
                }
            }

            proto.Graph.Node.Add(new NodeProto { OpType = "Identity", Input = { $"inner {named}" }, Output = { named } });
        }

        proto.Graph.Output.Add(new ValueInfoProto { Name = "x.output", Type = proto.Graph.Input[0].Type.Clone() });
        var model = proto.Save(_folder);
        var (table, output) = (Table("payment_id,a,b", "r0,1,0"), Path.Combine(_folder, "scores.csv"));
        var outcome = await ScoringProcess.SucceedAsync(
            NoEnvironment, ["score", "--model", model, "--data", table, "--output", output, "--output-kind", name == "Score" ? "logit" : "probability", .. name is null ? [] : new[] { "--output-name", name }]);
        Assert.Equal(name is null, outcome.Errors.Contains("of its outputs Score, Probability, Probability is taken", StringComparison.Ordinal));
        using var scored = TableReader.Open(output);
        Assert.True(scored.Read());
        var sum = TypedTensors.WeightOf(0);
        Assert.Equal(column == 0 ? sum : 1 / (1 + Math.Exp(-sum)), scored.Number(scored.Require("raw")), 1e-6);
        Assert.Equal(1 / (1 + Math.Exp(-sum)), scored.Number(scored.Require("probability")), 1e-6);

        var unknown = await ScoringProcess.RunAsync(NoEnvironment, "score", "--model", model, "--data", table, "--output", output, "--output-name", "x.out");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("gives no output x.out of numbers; it gives Score, Probability, x.output", unknown.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_on_which_the_model_fails_is_left_without_a_score_and_named()
    {
        var model = HandMadeModels.Embedding().Save(_folder);
        var (table, output) = (Table("payment_id,a,code", "r0,0,0", "r1,1,73", "r2,0,2"), Path.Combine(_folder, "scores.csv"));
        var outcome = await ScoringProcess.SucceedAsync(NoEnvironment, "score", "--model", model, "--data", table, "--output", output);
        Assert.Contains($"{model}: of 3 rows 1 have no probability; the first is r1: ", outcome.Errors, StringComparison.Ordinal);
        using var scored = TableReader.Open(output);
        var probability = scored.Require("probability");
        foreach (var right in (double[])[1 / (1 + Math.Exp(2)), double.NaN, 1 / (1 + Math.Exp(-2))])
        {
            Assert.True(scored.Read());
            Assert.Equal(right, scored.Number(probability), 6);
        }
    }

    [Fact]
    public async Task A_model_that_loops_ends_with_its_time_and_is_named()
    {
        var model = HandMadeModels.Looping(asInputsSay: false).Save(_folder);
        var (table, output) = (Table("payment_id,a,b", "r0,0,0"), Path.Combine(_folder, "scores.csv"));
        var atLoad = await ScoringProcess.RunAsync(NoEnvironment, "score", "--model", model, "--data", table, "--output", output, "--time-max", "1s");
        Assert.Equal(2, atLoad.ExitCode);
        Assert.Contains($"{model}: did not load within 1 s", atLoad.Errors, StringComparison.Ordinal);

        SaveCard(["a", "b"]);
        WriteGolden(["a", "b"], (0, 0, 0.5));
        var validated = await ScoringProcess.RunAsync(NoEnvironment, "topology", "validate", Topology, "--set", $"models.champion={_folder}", "--set", "models.loadMax=1s");
        Assert.Equal(2, validated.ExitCode);
        Assert.Contains($"{model}: did not load within 1 s", validated.Errors, StringComparison.Ordinal);

        // On the rows that are looked at at load it ends, and on one behind them it does not.
        HandMadeModels.Looping(asInputsSay: true).Save(_folder);
        table = Table("payment_id,a,b", [.. Enumerable.Range(0, 2000).Select(i => $"r{i},{i % 3},{(i == 1999 ? "9e18" : "0")}")]);
        // The folder is a model's by now, and nothing else is written there.
        var elsewhere = Directory.CreateTempSubdirectory("scores");
        output = Path.Combine(elsewhere.FullName, "scores.csv");
        var whileScoring = await ScoringProcess.RunAsync(NoEnvironment, "score", "--model", model, "--data", table, "--output", output, "--time-max", "20s");
        Assert.Equal(1, whileScoring.ExitCode);
        Assert.Contains($"{model}: a call took longer than 20 s", whileScoring.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(output));
        elsewhere.Delete(recursive: true);
    }

    [SharedFact]
    public async Task A_process_that_is_told_to_leave_does_so_though_a_lane_is_in_a_loop_and_what_it_took_is_decided()
    {
        string[] inputs = ["amount_major", "is_weekend"];
        HandMadeModels.Looping(asInputsSay: true).Save(_folder);
        SaveCard(inputs);
        WriteGolden(inputs, (0, 0, 0.5), (1, 0, 1 / (1 + Math.Exp(-1))));
        string[] set =
        [
            "--set", "group=loop", "--set", "regions.eu.topics.payments=loop-payments", "--set", "regions.eu.topics.labels=loop-labels", "--set", "regions.eu.topics.decisions=loop-decisions",
            "--set", "regions.eu.topics.deadLetters=loop-dead-letters", "--set", $"models.champion={_folder}", "--set", "models.callMax=20s",
        ];
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        // The model goes round as often as the amount says: for this one half an hour.
        await cluster.ProduceByKcatAsync("loop-payments",
        [
            Payment("loops", 900_000_000_000), Payment("ends", 100),
        ]);
        using var run = ScoringProcess.Start(cluster.Environment, ["run", "--topology", Topology, .. set]);
        using var ending = ScoringProcess.EndingWithTheTest(run);
        var errors = run.StandardError.ReadToEndAsync();
        var ready = await run.StandardOutput.ReadLineAsync() ?? "";
        using (var http = new HttpClient { BaseAddress = new Uri(Address().Match(ready).Value) })
        {
            await MetricsPage.OnceAsync(http, metrics => metrics.Any(metric => metric.Key.StartsWith("scoring_records_total{", StringComparison.Ordinal) && metric.Value > 0));
        }

        Assert.Equal(130, await ScoringProcess.InterruptAsync(run));
        // Which of the two comes first is open: leaving ends calls too, as long after it began as a
        // call may take.
        Assert.Matches("model.onnx: (a call took longer than 20 s|its call was ended, as nobody waits for it any more)", await errors);
        var read = await ScoringProcess.SucceedAsync(cluster.Environment, ["decisions", "--topology", Topology, .. set, "--json"]);
        var decisions = read.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(decision => decision.GetProperty("payment_id").GetString()!);
        Assert.Equal("review", decisions["loops"].GetProperty("action").GetString());
        Assert.Equal(JsonValueKind.Null, decisions["loops"].GetProperty("probability").ValueKind);
    }

    private static string Payment(string id, long amountMinor) =>
        $"{{\"payment_id\":\"{id}\",\"event_time\":{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()},\"amount_minor\":{amountMinor},\"currency\":\"EUR\",\"card_id\":\"c\",\"customer_id\":\"k\"}}";

    private void SaveCard(IEnumerable<string> inputs) =>
        new ModelCard { Name = "hand-made", Inputs = [.. inputs.Select(name => new ModelInput(name, IsText: false))], Output = OutputKind.Probability }.Save(_folder);

    private void WriteGolden(string[] inputs, params (double A, double B, double Raw)[] rows)
    {
        using var golden = TableWriter.Create(
            Path.Combine(_folder, OnnxModelLoader.GoldenFile), [.. inputs.Select(name => (name, false)), (OnnxModelLoader.GoldenRawColumn, false)]);
        foreach (var (a, b, raw) in rows)
        {
            golden.Number(a);
            golden.Number(b);
            golden.Number(raw);
            golden.EndRow();
        }

        golden.Complete();
    }

    private string Table(string header, params string[] rows)
    {
        var path = Path.Combine(_folder, "table.csv");
        File.WriteAllLines(path, [header, .. rows]);
        return path;
    }

    [GeneratedRegex("http://[0-9.:]+")]
    private static partial Regex Address();
}
