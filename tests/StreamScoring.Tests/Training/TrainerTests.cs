using System.Globalization;
using StreamScoring.Configuration;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Protos;
using StreamScoring.Training;
using StreamScoring.Training.Boosting;
using StreamScoring.Training.Rows;

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
        Train(Options(data, "a", "b") with { Trees = 10, Patience = 0 }, output);

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

        // The value of a row before its splits is the mean over the training rows, so their
        // contributions cancel out.
        var table = ScoringTable.Read(data, model.Inputs);
        using var explainer = model.OpenExplainer([0, 1]);
        var (contributions, sum) = (new double[2], 0.0);
        for (var row = 0; row < RowCount; row++)
        {
            explainer.Explain(table.Features, [row], contributions);
            sum += contributions.Sum();
        }

        Assert.Equal(0, sum / RowCount, 1e-5);
    }

    [Fact]
    public void A_card_says_what_drift_is_measured_against()
    {
        var random = new Random(1);
        var (data, values) = (Path.Combine(_folder, "data.csv"), new List<float>());
        File.WriteAllLines(data, Enumerable.Range(0, RowCount).Select(i =>
        {
            var (a, b) = ((float)random.NextDouble(), (float)random.NextDouble());
            if (i % 8 != 0)
            {
                values.Add(a);
            }

            // Mostly a tells, b a little, and c nothing.
            return string.Create(CultureInfo.InvariantCulture, $"{(i % 8 == 0 ? "" : a)},{b},{random.NextDouble()},{((4 * a) + b > 3.5 ? 1 : 0)}");
        }).Prepend("a,b,c,fraud"));
        var output = Path.Combine(_folder, "model");
        Train(Options(data, "a", "b", "c") with { Trees = 10, Patience = 0 }, output);

        var card = ModelCard.Load(output);
        var (first, second, third) = (card.Histograms[0], card.Histograms[1], card.Histograms[2]);
        Assert.Equal((1750, 0.125, (double)values.Min(), (double)values.Max()), (first.Rows, first.Missing, first.Smallest, first.Largest));
        Assert.Equal((2000, 0), (second.Rows, second.Missing));
        Assert.All(first.Shares, share => Assert.InRange(share, 0.098, 0.102));
        Assert.InRange(first.Weight!.Value, 0.6, 1);
        Assert.True(first.Weight > second.Weight && second.Weight > third.Weight);
        Assert.Equal(1, card.Histograms.Sum(histogram => histogram.Weight!.Value), 1e-5);
        // Of the last fifth, and finer where the frauds are.
        Assert.Equal(400, card.Probabilities!.Rows);
        Assert.InRange(card.Probabilities.Shares[^1], 0, 0.01);
        using var model = OnnxModelLoader.LoadFolder(output);
        Assert.Equal(card.Histograms.Select(histogram => histogram.Input), model.Reference.Inputs.Select(histogram => histogram.Input));
        Assert.Equal(400, model.Reference.Probability!.Rows);
    }

    [Fact]
    public void Rows_without_a_label_and_texts_are_left_out_by_name_and_metrics_say_on_how_many_frauds_they_rest()
    {
        var data = Path.Combine(_folder, "data.csv");
        // Of ten rows one is a fraud, told by a, and two have no label.
        File.WriteAllLines(data, Enumerable.Range(0, 1000).Select(i => $"{i % 10},{i % 7},{(i % 10 >= 8 ? "" : i % 10 == 3 ? "1" : "0")}").Prepend("a,b,fraud"));
        var (output, said) = (Path.Combine(_folder, "model"), new List<string>());
        var options = Options(data, "a", "b") with { Trees = 3, TextsLeftOut = ["channel", "mcc"] };
        var summary = new Trainer(options, said.Add, _ => { }).Run(output, CancellationToken.None);

        Assert.Equal((800, 100, 200), (summary.Rows, summary.Frauds, summary.Unlabelled));
        Assert.Equal((640, 80, 160, 20), (summary.HeldOut.FittedRows, summary.HeldOut.FittedFrauds, summary.HeldOut.HeldOutRows, summary.HeldOut.HeldOutFrauds));
        Assert.Contains($"{data}: 200 of 1,000 rows do not say whether the payment was fraud (column fraud) and are left out", said);
        Assert.Contains("left out, because these features are texts, which --categorical takes: channel, mcc", said);
        Assert.Contains("fitted to 640 rows (80 frauds), the 160 of the validation part (20 frauds) give auc_roc ", said[^1], StringComparison.Ordinal);
        var card = ModelCard.Load(output);
        Assert.Equal(
            [("fitted_rows", "640"), ("fitted_frauds", "80"), ("held_out_rows", "160"), ("held_out_frauds", "20")], card.Metrics.Take(4));
        Assert.Equal(["auc_roc", "average_precision", "auc_roc_interval", "average_precision_interval"], card.Metrics.Skip(4).Select(metric => metric.Key));
        Assert.Contains(("rows_without_label", "200"), card.Training);
        Assert.Contains(card.Training, pair => pair.Key == "data" && pair.Value.StartsWith("sha256:", StringComparison.Ordinal));

        // Again, in its place.
        new Trainer(options, said.Add, _ => { }).Run(output, CancellationToken.None);
        Assert.Equal(["card.yaml", "golden.parquet", "model.onnx"], Directory.GetFiles(output).Select(Path.GetFileName).Order());
        Assert.Equal(["data.csv", "model"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_folder_that_holds_anything_else_is_refused_before_the_table_is_read()
    {
        var notes = Path.Combine(_folder, "notes.txt");
        File.WriteAllText(notes, "mine");
        var options = Options(Path.Combine(_folder, "no-such.csv"), "a");
        var error = Assert.Throws<InvalidInputFileException>(() => new Trainer(options, _ => { }, _ => { }).Run(_folder, CancellationToken.None));
        Assert.Contains("holds notes.txt", error.Message, StringComparison.Ordinal);
        Assert.Equal([notes], Directory.GetFileSystemEntries(_folder));
    }

    private static TrainingOptions Options(string data, params string[] inputs) => new()
    {
        Name = "m",
        Command = "train",
        FeatureFileHash = "sha256:0",
        DataFile = data,
        Label = "fraud",
        Columns = [.. inputs.Select(input => new InputColumn(input))],
        Boosting = new BoostingParameters(Leaves: 6, LearningRate: 0.1, RowsPerLeaf: 20, InputShare: 1, RowShare: 1, L2: 0),
    };

    private static TrainingSummary Train(TrainingOptions options, string output) => new Trainer(options, _ => { }, _ => { }).Run(output, CancellationToken.None);
}
