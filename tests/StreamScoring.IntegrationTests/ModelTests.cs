using StreamScoring.Configuration;
using StreamScoring.Files;
using StreamScoring.Onnx;
using StreamScoring.Scoring;
using StreamScoring.TestSupport;
using StreamScoring.Workloads;

namespace StreamScoring.IntegrationTests;

public sealed class ModelTests
{
    [SharedTheory]
    [InlineData("lightgbm-tensor", null)]
    [InlineData("lightgbm-zipmap", null)]
    [InlineData("catboost-zipmap", null)]
    [InlineData("lightgbm-missing", null)]
    [InlineData("lightgbm-categorical", null)]
    [InlineData("lightgbm-boosted-score", OutputKind.Score)]
    [InlineData("xgboost-tensor", null)]
    [InlineData("forest-columns", null)]
    [InlineData("logistic-named-columns", null)]
    [InlineData("logistic-double", null)]
    [InlineData("pipeline-with-text", null)]
    [InlineData("isolation-forest", OutputKind.Score)]
    [InlineData("torch-probability", null)]
    [InlineData("torch-logit", OutputKind.Logit)]
    [InlineData("torch-int8", null)]
    [InlineData("fixed-batch", null)]
    public void A_model_of_another_toolchain_gives_what_it_gave_there(string name, OutputKind? kind)
    {
        var data = SharedFolder.PathOf("models", name, "rows.csv");
        using var model = OnnxModelLoader.LoadFile(SharedFolder.PathOf("models", name, "model.onnx"), ColumnsOf(data), kind);
        var table = ScoringTable.Read(data, model.Inputs);
        var raw = new double[table.RowCount];
        using var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], table.RowCount);
        lane.Score(table.Features, [.. Enumerable.Range(0, table.RowCount)], raw);
        using var expected = TableReader.Open(SharedFolder.PathOf("models", name, "expected.csv"));
        var column = expected.Require("onnx");
        foreach (var value in raw)
        {
            Assert.True(expected.Read());
            Assert.Equal(expected.Number(column), value, 1e-5 * Math.Max(1, Math.Abs(expected.Number(column))));
        }

        Assert.False(expected.Read());
    }

    [SharedTheory]
    [InlineData("empty", "the file is empty")]
    [InlineData("truncated", "cut short")]
    [InlineData("not-onnx", "not an ONNX model")]
    [InlineData("unknown-operator", "ONNX Runtime does not load it")]
    [InlineData("always-nan", "NaN for every probe row")]
    [InlineData("three-classes", "3 numbers a row")]
    [InlineData("image-input", "4 dimensions")]
    [InlineData("unknown-input", "which the data does not have")]
    [InlineData("sixteen-inputs", "takes 16 features a row, and 15 are given")]
    public void A_model_that_cannot_be_served_is_refused_with_the_reason(string name, string reason)
    {
        var columns = ColumnsOf(SharedFolder.PathOf("models", "lightgbm-tensor", "rows.csv"));
        var error = Assert.Throws<InvalidInputFileException>(() => OnnxModelLoader.LoadFile(SharedFolder.PathOf("models", "refused", $"{name}.onnx"), columns, OutputKind.Probability));
        Assert.Contains($"{name}.onnx", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("topology/generated/model")]
    [InlineData("topology/handbook/model")]
    public void A_shipped_model_reproduces_its_golden_rows_and_scores_without_allocating(string folder)
    {
        using var model = OnnxModelLoader.LoadFolder(Path.Combine(SharedFolder.RepositoryRoot, folder));
        var matrix = new StreamScoring.Batches.FeatureMatrix(model.Inputs.Count, 100);
        var raw = new double[100];
        int[] rows = [.. Enumerable.Range(0, 100)];
        using var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], 100);
        Assert.Equal(0, AllocationMeter.LeastBytes(() => lane.Score(matrix, rows, raw)));
    }

    private static List<string> ColumnsOf(string path)
    {
        using var reader = TableReader.Open(path);
        return [.. reader.Columns.Where(column => column != "payment_id")];
    }
}
