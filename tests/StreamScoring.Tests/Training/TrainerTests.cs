using System.Globalization;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Protos;
using StreamScoring.Training;

namespace StreamScoring.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private const int RowCount = 2000;

    private readonly string _folder = Directory.CreateTempSubdirectory("trainer").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_trained_model_says_how_many_rows_reached_each_node_and_is_explained_around_the_mean_of_them()
    {
        var random = new Random(1);
        var data = Path.Combine(_folder, "data.csv");
        File.WriteAllLines(data, Enumerable.Range(0, RowCount).Select(_ =>
        {
            var (a, b) = (random.NextDouble() - 0.5, random.NextDouble() - 0.5);
            var isMissing = random.Next(10) == 0;
            return string.Create(CultureInfo.InvariantCulture, $"{(isMissing ? "" : a)},{b},{(a + b + (random.NextDouble() / 4) > 0.6 ? 1 : 0)}");
        }).Prepend("a,b,fraud"));
        var output = Path.Combine(_folder, "model");
        new Trainer(new TrainingOptions("m", "sha256:0", data, "fraud", ["a", "b"], Trees: 10, Leaves: 6, LearningRate: 0.1, Seed: 1, "train"), _ => { }, _ => { })
            .Run(output, CancellationToken.None);

        using var model = OnnxModelLoader.LoadFolder(output);
        Assert.Equal("trees", model.Engine);
        var node = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(output, OnnxModelLoader.ModelFile))).Graph.Node[0];
        var rates = node.Attribute.Single(attribute => attribute.Name == "nodes_hitrates").Floats;
        IReadOnlyList<long> Integers(string name) => node.Attribute.Single(attribute => attribute.Name == name).Ints;
        var (trees, numbers) = (Integers("nodes_treeids"), Integers("nodes_nodeids"));
        var index = Enumerable.Range(0, trees.Count).ToDictionary(i => (trees[i], numbers[i]));
        Assert.Equal(trees.Count, rates.Count);
        Assert.True(trees.Count > 10 * 5);
        for (var i = 0; i < trees.Count; i++)
        {
            var (whenTrue, whenFalse) = (index[(trees[i], Integers("nodes_truenodeids")[i])], index[(trees[i], Integers("nodes_falsenodeids")[i])]);
            var isLeaf = node.Attribute.Single(attribute => attribute.Name == "nodes_modes").Strings[i].ToStringUtf8() == "LEAF";
            Assert.True(rates[i] >= 20, "LightGBM was told to have 20 rows at each leaf");
            Assert.True(isLeaf || rates[i] == rates[whenTrue] + rates[whenFalse]);
            Assert.True(numbers[i] != 0 || rates[i] == RowCount);
        }

        // The value of a row before its splits is the mean over the training rows, so their contributions cancel out.
        var table = ScoringTable.Read(data, model.Inputs);
        using var explainer = model.OpenExplainer([0, 1]);
        var (contributions, sum) = (new double[2], 0.0);
        for (var row = 0; row < RowCount; row++)
        {
            explainer.Explain(table.Features, row, contributions);
            sum += contributions.Sum();
        }

        Assert.Equal(0, sum / RowCount, 1e-5);
    }
}
