namespace StreamScoring.Scoring;

/// <summary>How ONNX Runtime computes a model.</summary>
/// <param name="Threads">That one call is computed on. None of them waits busily.</param>
/// <param name="RowsMax">Rows of a call at the most, a larger batch takes several; null: what is
/// best for most models.</param>
/// <param name="LanesMax">Calls at the same time at the most; null: one on each lane.</param>
public sealed record ModelEngine(ModelDevice Device, int Threads, int? RowsMax, int? LanesMax)
{
    public static ModelEngine Default { get; } = new(ModelDevice.Cpu, Threads: 1, RowsMax: null, LanesMax: null);

    /// <summary>As a topology has it.</summary>
    public override string ToString() =>
        $"{{device: {Device switch { ModelDevice.Cpu => "cpu", ModelDevice.Cuda => "cuda", _ => "cuda_or_cpu" }}, threads: {Threads}{(RowsMax is { } rows ? $", rowsMax: {rows}" : "")}{(LanesMax is { } lanes ? $", lanes: {lanes}" : "")}}}";
}
