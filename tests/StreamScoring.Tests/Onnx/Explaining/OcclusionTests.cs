using System.Text;
using StreamScoring.Batches;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Explaining;
using StreamScoring.Scoring;

namespace StreamScoring.Tests.Onnx.Explaining;

public sealed class OcclusionTests : IDisposable
{
    private static readonly string[] Names = ["a", "b", "c", "d"];

    private readonly string _folder = Directory.CreateTempSubdirectory("occlusion").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_linear_model_gives_each_input_its_weight_times_the_distance_to_its_baseline()
    {
        var card = Card() with { Baseline = [("b", -2)], Histograms = [new("a", [1, 4, 9], [0.25, 0.25, 0.25, 0.25]), new("b", [7], [0.5, 0.5])] };
        // Golden rows have the median 3 for c and 16 for d, which has no histogram with edges.
        SmallModels.WriteFolder(
            _folder, SmallModels.Linear(0.5f, 2, -4, 1), card with { Histograms = [.. card.Histograms, new("d", [], [1])] }, [50, 50, 2, 16], [60, 60, 3, 0], [70, 70, 99, 99]);
        using var model = OnnxModelLoader.LoadFolder(_folder);
        Assert.Equal([4, -2, 3, 16], model.Baseline);
        Assert.Equal([0.5 * (8 - 4), 2 * (1 - -2), -4 * (5 - 3), 0], Explain(model, [8, 1, 5, 16]));
    }

    [Fact]
    public void Where_a_lower_output_is_a_higher_risk_a_positive_contribution_still_pushes_the_risk_up()
    {
        SmallModels.WriteFolder(_folder, SmallModels.Linear(1, 1, 1, 1), Card() with { Calibration = [(0, 1), (10, 0)] }, [0, 0, 0, 0]);
        using var model = OnnxModelLoader.LoadFolder(_folder);
        Assert.Equal([-3, 1, 0, 0], Explain(model, [3, -1, 0, 0]));
    }

    [Fact]
    public void A_row_without_a_number_for_an_output_has_no_contributions()
    {
        using var model = Load(SmallModels.Linear(1, 1, 1, 1));
        Assert.Equal([0, 0, 0, 0], Explain(model, [double.NaN, 1, 1, 1]));
        Assert.Equal([1, 1, 1, 1], Explain(model, [1, 1, 1, 1]));
    }

    [Fact]
    public void More_inputs_than_one_call_of_the_session_takes_are_all_explained()
    {
        var weights = Enumerable.Range(1, 150).Select(i => (float)i).ToArray();
        string[] names = [.. weights.Select(weight => $"f{weight}")];
        using var model = OnnxModelLoader.LoadFile(SmallModels.Write(_folder, SmallModels.Linear(weights)), names, OutputKind.Score);
        Assert.Equal(weights.Select(weight => (double)weight), Explain(model, [.. weights.Select(_ => 1.0)]));
    }

    [Fact]
    public void A_text_goes_to_the_model_as_it_is_and_has_no_contribution()
    {
        using var model = OnnxModelLoader.LoadFile(SmallModels.Write(_folder, SmallModels.AmountByChannel()), ["channel", "amount"], OutputKind.Score);
        Assert.True(model.Inputs[0].IsText);
        using var explainer = model.OpenExplainer([1, 0]);
        var contributions = new double[2];
        foreach (var (rowIndex, factor) in new[] { (0, 2), (1, 4), (0, 2) })
        {
            explainer.Explain(Channels("pos", "web"), [rowIndex], contributions);
            Assert.Equal([0, factor * 8], contributions);
        }

        explainer.Explain(SmallModels.MatrixOf([8, 0]), [0], contributions);
        Assert.Equal([0, 2 * 8], contributions);
    }

    /// <summary>[amount 8, channel]</summary>
    private static FeatureMatrix Channels(params string[] channels)
    {
        var matrix = SmallModels.MatrixOf([.. channels.Select(_ => new double[] { 8, 0 })]);
        var column = new TextColumn(channels.Length);
        var bytes = Encoding.UTF8.GetBytes(string.Concat(channels));
        for (int row = 0, start = 0; row < channels.Length; start += channels[row].Length, row++)
        {
            (column.Start[row], column.Length[row]) = (start, channels[row].Length);
        }

        matrix.SetText(1, column, bytes);
        return matrix;
    }

    private static ModelCard Card() => new() { Name = "linear", Inputs = [.. Names.Select(name => new ModelInput(name, IsText: false))], Output = OutputKind.Score };

    private OnnxModel Load(StreamScoring.Onnx.Protos.ModelProto model) => OnnxModelLoader.LoadFile(SmallModels.Write(_folder, model), Names, OutputKind.Score);

    /// <summary>
    /// Explains a row that stands in a matrix of two, with the columns the other way round.
    /// </summary>
    private static double[] Explain(OnnxModel model, double[] row)
    {
        using var explainer = model.OpenExplainer([.. Enumerable.Range(0, row.Length).Reverse()]);
        Assert.IsType<OcclusionExplainer>(explainer);
        var contributions = new double[row.Length];
        explainer.Explain(SmallModels.MatrixOf(new double[row.Length], [.. row.Reverse()]), [1], contributions);
        return contributions;
    }
}
