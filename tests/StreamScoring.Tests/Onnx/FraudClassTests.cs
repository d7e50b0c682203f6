using StreamScoring.Configuration;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Protos;
using StreamScoring.Scoring;
using StreamScoring.Tests.Onnx.Explaining;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Onnx;

/// <summary>Which of a model's classes the probability is of.</summary>
public sealed class FraudClassTests : IDisposable
{
    private static readonly string[] Columns = ["a", "b"];
    private static readonly double[][] Rows = [[0, 0], [1, 0], [0, 1], [1, 1], [-2, 0.25]];

    private readonly string _folder = Directory.CreateTempSubdirectory("classes").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string, string, bool, int> Clear()
    {
        var cases = new TheoryData<string, string, bool, int>();
        foreach (var (first, second, areTexts, fraud) in ((string, string, bool, int)[])[
            ("0", "1", false, 1), ("1", "0", false, 0), ("0", "1", true, 1), ("1", "0", true, 0), ("false", "true", true, 1), ("True", "False", true, 0),
            ("legit", "fraud", true, 1), ("fraud", "legit", true, 0), ("Fraud", "Legit", true, 0), ("Genuine", "FRAUDULENT", true, 1),
        ])
        {
            cases.Add(first, second, areTexts, fraud);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Clear))]
    public void The_probability_is_of_the_class_fraud_wherever_it_stands_and_however_the_file_gives_it(string first, string second, bool areTexts, int fraud)
    {
        string[] labels = [first, second];
        Func<ModelProto>[] forms =
        [
            () => HandMadeModels.TwoClasses(labels, areTexts),
            () => HandMadeModels.TwoClasses(labels, areTexts).Renamed(),
            () => HandMadeModels.TwoClasses(labels, areTexts).ZipMapped(labels, areTexts),
            () => HandMadeModels.TwoClasses(labels, areTexts).Renamed().ZipMapped(labels, areTexts),
            () => HandMadeModels.TwoClasses(labels, areTexts).ByColumn(),
            () => HandMadeModels.TwoClasses(labels, areTexts).OnlyColumn(fraud),
            () => HandMadeModels.TwoClassesByList(labels),
            () => HandMadeModels.TwoClassesByList(labels).ByColumn(),
        ];
        foreach (var form in forms)
        {
            using var model = Load(form());
            Assert.Equal(OutputKind.Probability, model.Calibration.Kind);
            RequireOfClass(model, fraud);
        }
    }

    [Theory, MemberData(nameof(Clear))]
    public void Trees_give_the_class_fraud_on_either_engine_and_reasons_push_towards_it(string first, string second, bool areTexts, int fraud)
    {
        string[] labels = [first, second];
        foreach (var engine in (ScoringEngine[])[ScoringEngine.Auto, ScoringEngine.OnnxRuntime])
        {
            using var model = Load(HandMadeModels.TwoClassesByTree(labels, areTexts).ZipMapped(labels, areTexts), new ModelLoadOptions { Engine = engine });
            Assert.Equal(engine == ScoringEngine.Auto ? "trees" : "onnxruntime", model.Engine);
            var (low, high) = (fraud == 1 ? 0.2 : 0.8, fraud == 1 ? 0.9 : 0.1);
            Assert.Equal([low, high], model.Raw([0, 0], [1, 0]).Select(raw => Math.Round(raw, 6)));
            var contributions = new double[2];
            using var explainer = model.OpenExplainer([0, 1]);
            explainer.Explain(SmallModels.MatrixOf([1, 0]), [0], contributions);
            Assert.Equal(Math.Sign(high - low), Math.Sign(contributions[0]));
        }
    }

    [Theory]
    [InlineData("legit", "suspect", true)]
    [InlineData("good", "bad", true)]
    [InlineData("-1", "1", false)]
    [InlineData("1", "2", false)]
    [InlineData("fraud", "Fraud", true)]
    public void Where_the_names_do_not_say_it_the_class_is_asked_for_and_never_taken(string first, string second, bool areTexts)
    {
        string[] labels = [first, second];
        foreach (var form in (Func<ModelProto>[])[
            () => HandMadeModels.TwoClasses(labels, areTexts), () => HandMadeModels.TwoClasses(labels, areTexts).ZipMapped(labels, areTexts),
            () => HandMadeModels.TwoClasses(labels, areTexts).ByColumn(), () => HandMadeModels.TwoClassesByTree(labels, areTexts).Renamed(),
        ])
        {
            var error = Assert.Throws<InvalidInputFileException>(() => Load(form()).Dispose());
            Assert.Contains("model.onnx: ", error.Message, StringComparison.Ordinal);
            Assert.Contains($"{first}, {second}", error.Message, StringComparison.Ordinal);
            Assert.Contains("--positive-class", error.Message, StringComparison.Ordinal);
            Assert.Contains("output: {class: CLASS}", error.Message, StringComparison.Ordinal);
        }

        for (var fraud = 0; fraud < 2; fraud++)
        {
            using var model = Load(HandMadeModels.TwoClasses(labels, areTexts).ZipMapped(labels, areTexts), new ModelLoadOptions { FraudClass = labels[fraud] });
            RequireOfClass(model, fraud);
            using var columns = Load(HandMadeModels.TwoClasses(labels, areTexts).ByColumn(), new ModelLoadOptions { FraudClass = labels[fraud] });
            RequireOfClass(columns, fraud);
        }
    }

    [Fact]
    public void A_class_that_the_model_does_not_have_is_refused_with_those_that_it_has()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => Load(HandMadeModels.TwoClasses(["legit", "fraud"], areTexts: true), new ModelLoadOptions { FraudClass = "frod" }));
        Assert.Contains("has no class frod; its classes are legit, fraud", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_predicted_class_is_called_counts_and_not_what_the_classifier_calls_it()
    {
        using var model = Load(HandMadeModels.TwoClasses(["0", "1"], areTexts: false).Relabelled([(0, "fraud"), (1, "legit")]));
        RequireOfClass(model, 0);
        var error = Assert.Throws<InvalidInputFileException>(() => Load(
            HandMadeModels.TwoClasses(["0", "1"], areTexts: false).ZipMapped(["0", "1"], areTexts: false).Relabelled([(0, "fraud"), (1, "legit")])));
        Assert.Contains("names its classes twice: 0, 1 by ZipMap, and fraud, legit by the predicted class", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_names_whose_order_the_file_does_not_say_is_not_relied_on()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => Load(HandMadeModels.TwoClassesByList(["legit", "fraud"], isByLargest: false)));
        Assert.Contains("has the classes legit, fraud, and does not say which column is of which; name the class that is fraud", error.Message, StringComparison.Ordinal);
        using var model = Load(HandMadeModels.TwoClassesByList(["legit", "fraud"], isByLargest: false), new ModelLoadOptions { FraudClass = "fraud" });
        RequireOfClass(model, 1);
    }

    [Fact]
    public void Of_three_classes_one_must_be_named()
    {
        var file = HandMadeModels.ThreeClasses(["chargeback", "legit", "unknown"]);
        var error = Assert.Throws<InvalidInputFileException>(() => Load(file));
        Assert.Contains("gives 3 numbers a row, of the classes chargeback, legit, unknown", error.Message, StringComparison.Ordinal);
        using var model = Load(file, new ModelLoadOptions { FraudClass = "unknown" });
        // The scores are 0, a and b.
        Assert.Equal([Math.Exp(2) / (1 + Math.E + Math.Exp(2))], model.Raw([1, 2]).Select(raw => raw), (left, right) => Math.Abs(left - right) < 1e-6);
    }

    [Fact]
    public void A_single_column_of_the_other_class_is_refused()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => Load(HandMadeModels.TwoClasses(["fraud", "legit"], areTexts: true).OnlyColumn(1)));
        Assert.Contains("is of the class legit, and fraud is fraud", error.Message, StringComparison.Ordinal);
        using var other = Load(HandMadeModels.TwoClasses(["fraud", "legit"], areTexts: true).OnlyColumn(1), new ModelLoadOptions { FraudClass = "legit" });
        RequireOfClass(other, 1);
    }

    [Fact]
    public void A_card_says_which_class_is_fraud_and_golden_rows_of_the_other_one_are_refused_with_what_to_do()
    {
        var card = new ModelCard { Name = "m", Inputs = [.. Columns.Select(name => new ModelInput(name, IsText: false))], Output = OutputKind.Probability, FraudClass = "suspect" };
        var file = HandMadeModels.TwoClasses(["suspect", "usual"], areTexts: true);
        SmallModels.WriteFolder(_folder, file, card, Rows);
        using (var model = OnnxModelLoader.LoadFolder(_folder))
        {
            RequireOfClass(model, 0);
        }

        (card with { FraudClass = "usual" }).Save(_folder);
        var error = Assert.Throws<InvalidInputFileException>(() => OnnxModelLoader.LoadFolder(_folder));
        Assert.Contains("or fraud is its other class: output: {class: CLASS} in card.yaml", error.Message, StringComparison.Ordinal);
        Assert.Equal("usual", ModelCard.Load(_folder).FraudClass);
    }

    private static void RequireOfClass(OnnxModel model, int column)
    {
        var raw = model.Raw(Rows);
        for (var row = 0; row < Rows.Length; row++)
        {
            var ofSecond = 1 / (1 + Math.Exp(-((2 * Rows[row][0]) - (4 * Rows[row][1]) + 1)));
            Assert.Equal(column == 1 ? ofSecond : 1 - ofSecond, raw[row], 1e-6);
        }
    }

    private OnnxModel Load(ModelProto model, ModelLoadOptions? options = null) => OnnxModelLoader.LoadFile(model.Save(_folder), Columns, options ?? new ModelLoadOptions());
}
