using System.Text.Json;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

public sealed class InferenceBenchTests : IDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly string _folder = Directory.CreateTempSubdirectory("bench").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_engine_that_may_serve_a_model_is_measured_with_every_size_and_number_of_lanes()
    {
        var model = Path.Combine(SharedFolder.RepositoryRoot, "topology", "handbook", "model");
        var outcome = await ScoringProcess.SucceedAsync(NoEnvironment, "bench", "inference", "--model", model, "--batch", "8,1", "--lanes", "2,1", "--duration", "2ms", "--json");
        var result = JsonDocument.Parse(outcome.Output).RootElement;
        var cells = result.GetProperty("cells").EnumerateArray().ToList();
        Assert.Equal(
            ["trees 1 1", "trees 1 8", "trees 2 1", "trees 2 8", "onnxruntime 1 1", "onnxruntime 1 8", "onnxruntime 2 1", "onnxruntime 2 8"],
            cells.Select(cell => $"{cell.GetProperty("engine").GetString()} {cell.GetProperty("lanes").GetInt32()} {cell.GetProperty("batch").GetInt32()}"));
        Assert.All(cells, cell => Assert.True(cell.GetProperty("rows_per_second").GetDouble() > 0 && cell.GetProperty("microseconds_per_row").GetDouble() > 0));
        Assert.Equal(("trees", 1), (result.GetProperty("recommended").GetProperty("engine").GetString(), result.GetProperty("recommended").GetProperty("lanes").GetInt32()));
    }

    [Fact]
    public async Task A_bare_file_needs_rows()
    {
        var model = TypedTensors.Of([("a", TypedTensors.Int64, 1, true)]).Save(_folder);
        var refused = await ScoringProcess.RunAsync(NoEnvironment, "bench", "inference", "--model", model);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("give it rows to score: --data FILE", refused.Errors, StringComparison.Ordinal);
        var table = Path.Combine(_folder, "table.csv");
        File.WriteAllText(table, "payment_id,a\nr0,1\n");
        var outcome = await ScoringProcess.SucceedAsync(NoEnvironment, "bench", "inference", "--model", model, "--data", table, "--batch", "4", "--duration", "1ms");
        Assert.Contains("onnxruntime  cpu           1      1            4", outcome.Output, StringComparison.Ordinal);
        var threaded = await ScoringProcess.SucceedAsync(NoEnvironment, "bench", "inference", "--model", model, "--data", table, "--batch", "4", "--threads", "1,2", "--lanes", "1", "--duration", "1ms", "--json");
        Assert.Equal([1, 2], JsonDocument.Parse(threaded.Output).RootElement.GetProperty("cells").EnumerateArray().Select(cell => cell.GetProperty("threads").GetInt32()));
        var cuda = await ScoringProcess.RunAsync(NoEnvironment, "bench", "inference", "--model", model, "--data", table, "--device", "cuda");
        Assert.Equal(2, cuda.ExitCode);
        Assert.Contains("this build cannot use one", cuda.Errors, StringComparison.Ordinal);
        Assert.Contains("ingest.batchRowsMax", outcome.Output, StringComparison.Ordinal);
    }
}
