using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Scoring;

namespace StreamScoring.Deployment;

/// <summary>Reads how models are computed: a map for each model's name.</summary>
internal static class ModelEngineReader
{
    private const int ThreadsCeiling = 64;

    /// <exception cref="InvalidInputFileException">A key or value is wrong.</exception>
    public static IReadOnlyDictionary<string, ModelEngine> Read(YamlMap? engines)
    {
        var read = new SortedDictionary<string, ModelEngine>(StringComparer.Ordinal);
        foreach (var name in engines?.Keys ?? [])
        {
            var map = engines!.OptionalMap(name) ?? throw engines.Error(name, "is empty; say how it is computed, such as {threads: 2}, or take it away");
            var (otherwise, device) = (ModelEngine.Default, map.Choice("device", "cpu", "cpu", "cuda", "cuda_or_cpu"));
            read[name] = new ModelEngine(
                device switch
                {
                    "cuda" => ModelDevice.Cuda,
                    "cuda_or_cpu" => ModelDevice.CudaOrCpu,
                    _ => ModelDevice.Cpu,
                },
                map.Integer("threads", otherwise.Threads, 1, ThreadsCeiling),
                map.Has("rowsMax") ? map.Integer("rowsMax", 1, 1, PaymentBatch.RowsCeiling) : null,
                map.Has("lanes") ? map.Integer("lanes", 1, 1, PipelineOptions.ScoringLanesCeiling) : null);
            map.RequireAllRead();
        }

        return read;
    }
}
