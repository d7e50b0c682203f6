using StreamScoring.Configuration;
using StreamScoring.Onnx;
using StreamScoring.Scoring;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Onnx;

/// <summary>What may pass for a probability.</summary>
public sealed class OutputKindTests : IDisposable
{
    private static readonly string[] Columns = ["a", "b"];

    private readonly string _folder = Directory.CreateTempSubdirectory("kinds").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("TreeEnsembleRegressor", ScoringEngine.Auto, -1.5, 2.5)]
    [InlineData("TreeEnsembleRegressor", ScoringEngine.OnnxRuntime, -1.5, 2.5)]
    [InlineData("LinearRegressor", ScoringEngine.OnnxRuntime, 0.5, 2.5)]
    [InlineData("SVMRegressor", ScoringEngine.OnnxRuntime, 0.5, 2.5)]
    public void Of_a_logistic_regressor_with_one_target_ONNX_Runtime_gives_log_odds_and_they_become_what_the_file_means(string op, ScoringEngine engine, double first, double second)
    {
        using var model = OnnxModelLoader.LoadFile(HandMadeModels.LogisticRegressor(op).Save(_folder), Columns, kind: null, engine);
        Assert.Equal([first, second], model.Raw([0, 0], [1, 0]).Select(raw => Math.Round(raw, 6)));
        Assert.Equal(engine == ScoringEngine.Auto ? "trees" : "onnxruntime", model.Engine);
        Assert.Equal(OutputKind.Logit, model.Calibration.Kind);
        Assert.Equal(1 / (1 + Math.Exp(-second)), model.Calibration.Probability(second), 1e-12);
        Assert.Contains(model.Notices, notice => notice.Contains("leaves out post_transform LOGISTIC", StringComparison.Ordinal));
    }

    [Fact]
    public void Sums_that_are_said_to_be_probabilities_are_refused_where_the_table_shows_that_they_are_none()
    {
        var table = ScoredModel.Table(_folder, "a,b", "0,0", "1,0");
        var error = Assert.Throws<InvalidInputFileException>(() => OnnxModelLoader.LoadFile(
            HandMadeModels.LogisticRegressor("LinearRegressor", transform: "NONE").Save(_folder), Columns, new ModelLoadOptions { Kind = OutputKind.Probability, Table = table }));
        Assert.Contains("gives 2.5, and its output is said to be a probability; say logit or score", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Log_odds_are_not_taken_for_probabilities_though_the_user_says_so()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => OnnxModelLoader.LoadFile(HandMadeModels.LogisticRegressor("TreeEnsembleRegressor").Save(_folder), Columns, OutputKind.Probability));
        Assert.Contains("gives log-odds, and its output is said to be a probability; say logit", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.PositiveInfinity)]
    public void An_output_outside_of_0_to_1_is_no_probability(double raw)
    {
        Assert.True(double.IsNaN(new ScoreCalibration(OutputKind.Probability, []).Probability(raw)));
        Assert.InRange(new ScoreCalibration(OutputKind.Logit, []).Probability(raw), 0, 1);
        Assert.Equal(1, new ScoreCalibration(OutputKind.Probability, []).Probability(1 + 1e-6));
    }
}
