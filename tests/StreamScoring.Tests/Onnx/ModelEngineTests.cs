using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Onnx;
using StreamScoring.Scoring;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Onnx;

public sealed class ModelEngineTests : IDisposable
{
    private static readonly string[] Columns = ["a", "b"];

    private readonly string _folder = Directory.CreateTempSubdirectory("engine").FullName;
    private readonly string _path;

    public ModelEngineTests() => _path = TypedTensors.Of([("x", TypedTensors.Float, 2, false)]).Save(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, null)]
    [InlineData(3, 1)]
    [InlineData(2, 7)]
    [InlineData(1, 100)]
    [InlineData(2, 1024)]
    public void Threads_and_rows_of_a_call_do_not_change_what_a_model_gives(int threads, int? rowsMax)
    {
        const int rowCount = 333;
        var features = new FeatureMatrix(2, rowCount);
        var random = new Random(5);
        for (var row = 0; row < rowCount; row++)
        {
            (features.Column(0)[row], features.Column(1)[row]) = (random.NextDouble(), random.NextDouble());
        }

        var raw = new double[rowCount];
        using (var model = Load(ModelEngine.Default with { Threads = threads, RowsMax = rowsMax }))
        {
            using var lane = model.OpenLane([0, 1], rowCount);
            lane.Score(features, [.. Enumerable.Range(0, rowCount)], raw);
        }

        for (var row = 0; row < rowCount; row++)
        {
            var sum = (TypedTensors.WeightOf(0) * features.Column(0)[row]) + (TypedTensors.WeightOf(1) * features.Column(1)[row]);
            Assert.Equal(1 / (1 + Math.Exp(-sum)), raw[row], 1e-6);
        }
    }

    [Fact]
    public void A_graphics_card_that_this_build_cannot_use_is_refused_or_replaced_and_that_is_said()
    {
        var refused = Assert.Throws<InvalidInputFileException>(() => Load(ModelEngine.Default with { Device = ModelDevice.Cuda })).Message;
        Assert.Contains("is to be computed by a graphics card (device: cuda)", refused, StringComparison.Ordinal);
        Assert.Contains("-p:OnnxRuntime=cuda", refused, StringComparison.Ordinal);
        using var model = Load(ModelEngine.Default with { Device = ModelDevice.CudaOrCpu });
        Assert.Contains(model.Notices, notice => notice.StartsWith("the processor computes it, as this build", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_model_of_one_lane_is_in_one_call_at_a_time_whoever_calls()
    {
        using var room = new SemaphoreSlim(1);
        using var inner = new CountingLane();
        using var lanes = new LimitedLane("m.onnx", inner, room, TimeSpan.FromMinutes(1));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var call = 0; call < 1000; call++)
            {
                lanes.Score(new FeatureMatrix(1, 1), [0], new double[1]);
            }
        })));
        Assert.Equal((4000, 1), (inner.Calls, inner.AtOnceMax));
        inner.Fails = true;
        Assert.Throws<InvalidOperationException>(() => lanes.Score(new FeatureMatrix(1, 1), [0], new double[1]));
        Assert.Equal(1, room.CurrentCount);
    }

    [Fact]
    public async Task Whoever_waits_for_a_call_that_does_not_end_is_told_so_or_stopped()
    {
        using var room = new SemaphoreSlim(0);
        using var inner = new CountingLane();
        using var hasty = new LimitedLane("m.onnx", inner, room, TimeSpan.FromMilliseconds(1));
        Assert.Equal(ModelFailureKind.TimedOut, Assert.Throws<ModelFailedException>(() => hasty.Score(new FeatureMatrix(1, 1), [0], new double[1])).Kind);
        using var patient = new LimitedLane("m.onnx", inner, room, TimeSpan.FromHours(1));
        var waiting = Task.Run(() => patient.Score(new FeatureMatrix(1, 1), [0], new double[1]));
        patient.Stop();
        Assert.Equal(ModelFailureKind.Stopped, (await Assert.ThrowsAsync<ModelFailedException>(() => waiting)).Kind);
        Assert.Equal(ModelFailureKind.Stopped, Assert.Throws<ModelFailedException>(() => patient.Score(new FeatureMatrix(1, 1), [0], new double[1])).Kind);
        Assert.Equal((0, 0), (inner.Calls, room.CurrentCount));
    }

    private OnnxModel Load(ModelEngine engine) => OnnxModelLoader.LoadFile(_path, Columns, new ModelLoadOptions { Kind = OutputKind.Probability, Runtime = engine });

    private sealed class CountingLane : IScoringLane
    {
        private int _now;

        public int Calls { get; private set; }

        public int AtOnceMax { get; private set; }

        public bool Fails { get; set; }

        public void Score(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw)
        {
            AtOnceMax = Math.Max(AtOnceMax, Interlocked.Increment(ref _now));
            Calls++;
            Thread.Yield();
            Interlocked.Decrement(ref _now);
            if (Fails)
            {
                throw new InvalidOperationException("it fails");
            }
        }

        public void Stop()
        {
        }

        public void Dispose()
        {
        }
    }
}
