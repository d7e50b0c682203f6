using StreamScoring.Configuration;
using StreamScoring.Files;
using StreamScoring.Onnx;
using StreamScoring.Onnx.Protos;
using StreamScoring.Scoring;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Onnx;

/// <summary>On which rows a model is tried at load.</summary>
public sealed class ProbeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("probe").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_model_that_knows_few_codes_is_tried_on_the_rows_of_the_table()
    {
        var table = ScoredModel.Table(_folder, "a,code", "0,0", "1,1", "0.5,2");
        using var model = Load(HandMadeModels.Embedding(), ["a", "code"], table);
        Assert.Equal([Logistic(-2), Logistic(1), Logistic(2.5)], model.Raw([0, 0], [1, 1], [0.5, 2]), Close);
        Assert.DoesNotContain(model.Notices, notice => notice.Contains("made up", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_model_with_categories_is_tried_on_the_rows_of_the_table(bool mayBeUnknown)
    {
        var table = ScoredModel.Table(_folder, "category", "3", "1", "2");
        using var model = Load(HandMadeModels.OneHot(mayBeUnknown), ["category"], table, OutputKind.Probability);
        Assert.Equal([0.9, 0.1, 0.5], model.Raw([3], [1], [2]), Close);
    }

    [Fact]
    public void Golden_rows_are_tried_and_no_others()
    {
        HandMadeModels.Embedding().Save(_folder);
        new ModelCard { Name = "m", Inputs = [new ModelInput("a", IsText: false), new ModelInput("code", IsText: false)], Output = OutputKind.Probability }.Save(_folder);
        using (var golden = TableWriter.Create(Path.Combine(_folder, OnnxModelLoader.GoldenFile), [("a", false), ("code", false), (OnnxModelLoader.GoldenRawColumn, false)]))
        {
            foreach (var (a, code, raw) in ((double, double, double)[])[(0, 0, Logistic(-2)), (1, 2, Logistic(3))])
            {
                golden.Number(a);
                golden.Number(code);
                golden.Number(raw);
                golden.EndRow();
            }

            golden.Complete();
        }

        using var model = OnnxModelLoader.LoadFolder(_folder);
        Assert.Equal([Logistic(1)], model.Raw([1, 1]), Close);
        Assert.DoesNotContain(model.Notices, notice => notice.Contains("made up", StringComparison.Ordinal));
    }

    [Fact]
    public void A_row_of_the_table_that_spoils_a_call_costs_no_other_row_its_score()
    {
        var table = ScoredModel.Table(_folder, "a,code", "0,0", "1,73", "0.5,2");
        using var model = Load(HandMadeModels.Embedding(), ["a", "code"], table);
        Assert.Contains(model.Notices, notice => notice.Contains("fails on 1 of 3 rows of", StringComparison.Ordinal) && notice.Contains("table.csv", StringComparison.Ordinal));
        using var lane = model.OpenLane([0, 1], 3);
        var (raw, failures) = (new double[3], new List<Exception>());
        RowIsolation.Score(lane, Explaining.SmallModels.MatrixOf([0, 0], [1, 73], [0.5, 2]), [0, 1, 2], raw, failures.Add);
        Assert.Equal([Logistic(-2), double.NaN, Logistic(2.5)], raw, Close);
        // The call of all rows, and the one of the row.
        Assert.Equal(2, failures.Count);
        Assert.All(failures, failure => Assert.Contains("model.onnx: ", failure.Message, StringComparison.Ordinal));
        // What it left in a lane's buffers spoils nothing.
        RowIsolation.Score(lane, Explaining.SmallModels.MatrixOf([0, 0], [1, 1], [0.5, 2]), [0, 1, 2], raw, failures.Add);
        Assert.Equal(2, failures.Count);
    }

    [Fact]
    public void Failing_on_every_row_of_the_table_is_an_error_that_names_model_and_table()
    {
        var table = ScoredModel.Table(_folder, "a,code", "0,73", "1,99");
        var error = Assert.Throws<InvalidInputFileException>(() => Load(HandMadeModels.Embedding(), ["a", "code"], table));
        Assert.StartsWith(Path.Combine(_folder, "model.onnx") + ": fails on each of the 2 rows of " + table, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_any_rows_a_failure_on_made_up_ones_is_a_notice_or_says_that_they_were_made_up()
    {
        using (var model = Load(HandMadeModels.OneHot(mayBeUnknown: false), ["category"], table: null, OutputKind.Probability))
        {
            Assert.Equal([0.9], model.Raw([3]), Close);
        }

        var path = HandMadeModels.Impossible().Save(_folder, "impossible.onnx");
        using (var model = OnnxModelLoader.LoadFile(path, ["a", "code"], new ModelLoadOptions()))
        {
            Assert.Contains(model.Notices, notice => notice.Contains("rows that the loader made up", StringComparison.Ordinal) && notice.Contains("served untried", StringComparison.Ordinal));
        }

        path = HandMadeModels.Impossible(areColumnsFixed: false).Save(_folder, "impossible.onnx");
        var error = Assert.Throws<InvalidInputFileException>(() => OnnxModelLoader.LoadFile(path, ["a", "code"], new ModelLoadOptions()));
        Assert.Contains("impossible.onnx: fails on rows that the loader made up", error.Message, StringComparison.Ordinal);
    }

    private static double Logistic(double value) => 1 / (1 + Math.Exp(-value));

    private static bool Close(double left, double right) => left.Equals(right) || Math.Abs(left - right) < 1e-6;

    private OnnxModel Load(ModelProto model, IReadOnlyList<string> columns, string? table, OutputKind? kind = null) =>
        OnnxModelLoader.LoadFile(model.Save(_folder), columns, new ModelLoadOptions { Table = table, Kind = kind });
}
