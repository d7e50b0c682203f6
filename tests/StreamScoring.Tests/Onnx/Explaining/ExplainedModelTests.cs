using Google.Protobuf;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Explaining;
using StreamScoring.Onnx.Protos;
using StreamScoring.Scoring;
using StreamScoring.TestSupport;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Onnx.Explaining;

public sealed class ExplainedModelTests : IDisposable
{
    private static readonly TreeSpec Plain = new(7, false, 1, [0], 20, 5, 6, ["BRANCH_LEQ"], 50, "NONE", "SUM", 0, false);

    private readonly string _folder = Directory.CreateTempSubdirectory("explained").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("topology/generated/model", ScoringEngine.Auto)]
    [InlineData("topology/handbook/model", ScoringEngine.Auto)]
    [InlineData("topology/handbook/model", ScoringEngine.OnnxRuntime)]
    public void Contributions_of_a_shipped_model_differ_between_rows_by_what_their_log_odds_differ_by(string name, ScoringEngine engine)
    {
        var folder = Path.Combine(SharedFolder.RepositoryRoot, name);
        using var model = OnnxModelLoader.LoadFolder(folder, engine);
        RequireLogOdds(model, ScoringTable.Read(Path.Combine(folder, OnnxModelLoader.GoldenFile), model.Inputs));
    }

    [SharedTheory]
    [InlineData("lightgbm-tensor")]
    [InlineData("lightgbm-missing")]
    [InlineData("lightgbm-categorical")]
    [InlineData("catboost-zipmap")]
    [InlineData("xgboost-tensor")]
    public void Contributions_of_another_toolchains_trees_differ_between_rows_by_what_their_log_odds_differ_by(string name)
    {
        var data = SharedFolder.PathOf("models", name, "rows.csv");
        using var reader = StreamScoring.Files.TableReader.Open(data);
        using var model = OnnxModelLoader.LoadFile(
            SharedFolder.PathOf("models", name, "model.onnx"), [.. reader.Columns.Where(column => column != "payment_id")], OutputKind.Probability);
        RequireLogOdds(model, ScoringTable.Read(data, model.Inputs));
    }

    [Theory]
    [InlineData("SUM", true)]
    [InlineData("AVERAGE", true)]
    [InlineData("MIN", false)]
    [InlineData("MAX", false)]
    public void Sums_of_trees_are_explained_by_their_paths_and_other_aggregates_by_occlusion(string aggregate, bool isByPaths)
    {
        using var model = Load(RandomTrees.Build(Plain with { Aggregate = aggregate }));
        using var explainer = model.OpenExplainer([.. Enumerable.Range(0, Plain.FeatureCount)]);
        Assert.Equal(isByPaths, explainer is TreePathExplainer);
        Assert.Equal(!isByPaths, explainer is OcclusionExplainer);
    }

    [Fact]
    public void Trees_whose_lower_output_is_a_higher_risk_are_explained_the_other_way_round()
    {
        var trees = SmallModels.Model(SmallModels.Trees(["BRANCH_LEQ", "LEAF", "LEAF"], [0, 0, 0], [0, 0, 0], [1, 0, 0], [2, 0, 0], [0, 0, 0], [(1, 0), (2, 8)], null), 2);
        var card = new ModelCard { Name = "trees", Inputs = [new ModelInput("a", false), new ModelInput("b", false)], Output = OutputKind.Score, Calibration = [(0, 1), (8, 0)] };
        SmallModels.WriteFolder(_folder, trees, card, [0, 0], [1, 0]);
        using var model = OnnxModelLoader.LoadFolder(_folder);
        using var explainer = model.OpenExplainer([0, 1]);
        var contributions = new double[2];
        explainer.Explain(SmallModels.MatrixOf([1, 0]), [0], contributions);
        Assert.Equal([-4, 0], contributions);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Explaining_allocates_nothing(bool isTrees)
    {
        using var model = Load(isTrees ? RandomTrees.Build(Plain) : SmallModels.Linear(1, 2, 3, 4, 5, 6));
        var random = new Random(3);
        var matrix = SmallModels.MatrixOf([.. Enumerable.Range(0, 50).Select(_ => Enumerable.Range(0, 6).Select(_ => (double)RandomTrees.Value(random)).ToArray())]);
        using var explainer = model.OpenExplainer([0, 1, 2, 3, 4, 5]);
        Assert.Equal(isTrees, explainer is TreePathExplainer);
        var contributions = new double[6];
        Assert.Equal(0, AllocationMeter.LeastBytes(() =>
        {
            for (var row = 0; row < matrix.RowsMax; row++)
            {
                explainer.Explain(matrix, [row], contributions);
            }
        }));
    }

    private static void RequireLogOdds(OnnxModel model, ScoringTable table)
    {
        int[] columns = [.. Enumerable.Range(0, model.Inputs.Count)];
        var raw = new double[table.RowCount];
        using var lane = model.OpenLane(columns, table.RowCount);
        lane.Score(table.Features, [.. Enumerable.Range(0, table.RowCount)], raw);
        using var explainer = model.OpenExplainer(columns);
        Assert.IsType<TreePathExplainer>(explainer);
        var contributions = new double[columns.Length];
        // Nearer to 0 or 1 a float no longer tells the log-odds.
        int[] rows = [.. Enumerable.Range(0, table.RowCount).Where(row => raw[row] is > 0.001 and < 0.999)];
        Assert.InRange(rows.Length, 10, int.MaxValue);
        var biases = rows.Select(row =>
        {
            explainer.Explain(table.Features, [row], contributions);
            return Math.Log(raw[row] / (1 - raw[row])) - contributions.Sum();
        }).ToArray();
        Assert.InRange(biases.Max() - biases.Min(), 0, 5e-4);
    }

    private OnnxModel Load(ModelProto model)
    {
        var path = Path.Combine(_folder, $"{Guid.NewGuid():N}.onnx");
        File.WriteAllBytes(path, model.ToByteArray());
        return OnnxModelLoader.LoadFile(path, [.. Enumerable.Range(0, Plain.FeatureCount).Select(i => $"f{i}")], OutputKind.Score);
    }
}
