using StreamScoring.Configuration;
using StreamScoring.Onnx;
using StreamScoring.Scoring;
using StreamScoring.Tests.Onnx.Explaining;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Onnx;

/// <summary>A valid model whose graph goes round for ever holds nobody up.</summary>
public sealed class ModelTimeTests : IDisposable
{
    private const double ForEver = 9e18;

    private static readonly string[] Columns = ["a", "b"];

    private readonly string _folder = Directory.CreateTempSubdirectory("loops").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void One_that_loops_at_load_is_refused_by_its_file_and_time()
    {
        var path = HandMadeModels.Looping(asInputsSay: false).Save(_folder);
        var error = Assert.Throws<InvalidInputFileException>(() => OnnxModelLoader.LoadFile(path, Columns, new ModelLoadOptions { LoadMax = TimeSpan.FromMilliseconds(200) }));
        Assert.StartsWith($"{path}: did not load within 0.2 s", error.Message, StringComparison.Ordinal);
        Assert.Contains("models.loadMax", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Loading_one_that_loops_is_given_up_when_asked()
    {
        using var cancel = new CancellationTokenSource();
        var path = HandMadeModels.Looping(asInputsSay: false).Save(_folder);
        cancel.CancelAfter(TimeSpan.FromMilliseconds(100));
        Assert.ThrowsAny<OperationCanceledException>(() => OnnxModelLoader.LoadFile(path, Columns, new ModelLoadOptions { LoadMax = TimeSpan.FromHours(1), Cancel = cancel.Token }));
    }

    [Fact]
    public void A_row_on_which_it_loops_runs_out_of_its_time_and_the_others_have_their_scores()
    {
        // A second for each row: enough for those that end, on a machine that is busy too.
        using var model = Load(TimeSpan.FromSeconds(8));
        using var lane = model.OpenLane([0, 1], 3);
        var (raw, failures) = (new double[3], new List<Exception>());
        RowIsolation.Score(lane, SmallModels.MatrixOf([0, 1], [ForEver, 0], [1, 1]), [0, 1, 2], raw, failures.Add);
        Assert.Equal(1 / (1 + Math.Exp(-1)), raw[0], 1e-6);
        Assert.True(double.IsNaN(raw[1]));
        Assert.Equal(1 / (1 + Math.Exp(-2)), raw[2], 1e-6);
        Assert.Equal(2, failures.Count);
        Assert.All(failures, failure =>
        {
            Assert.Equal(ModelFailureKind.TimedOut, Assert.IsType<ModelFailedException>(failure).Kind);
            Assert.Contains("model.onnx: a call took longer than 8 s", failure.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_lane_in_a_loop_ends_when_it_is_stopped_and_takes_no_more()
    {
        using var model = Load(TimeSpan.FromHours(1));
        using var lane = model.OpenLane([0, 1], 1);
        var scoring = Task.Run(() => lane.Score(SmallModels.MatrixOf([ForEver, 0]), [0], new double[1]));
        lane.Stop();
        Assert.Equal(ModelFailureKind.Stopped, (await Assert.ThrowsAsync<ModelFailedException>(() => scoring)).Kind);
        Assert.Equal(ModelFailureKind.Stopped, Assert.Throws<ModelFailedException>(() => lane.Score(SmallModels.MatrixOf([0, 0]), [0], new double[1])).Kind);
    }

    [Fact]
    public async Task A_model_that_is_given_up_frees_nothing_under_a_call()
    {
        var model = Load(TimeSpan.FromHours(1));
        var lane = model.OpenLane([0, 1], 1);
        var scoring = Task.Run(() => lane.Score(SmallModels.MatrixOf([ForEver, 0]), [0], new double[1]));
        model.Dispose();
        Assert.False(scoring.IsCompleted);
        lane.Stop();
        await Assert.ThrowsAsync<ModelFailedException>(() => scoring);
        lane.Dispose();
    }

    private OnnxModel Load(TimeSpan callMax) => OnnxModelLoader.LoadFile(
        HandMadeModels.Looping(asInputsSay: true).Save(_folder), Columns, new ModelLoadOptions { CallMax = callMax, Table = ScoredModel.Table(_folder, "a,b", "0,0", "1,2", "3,1") });
}
