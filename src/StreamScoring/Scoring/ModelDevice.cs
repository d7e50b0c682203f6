namespace StreamScoring.Scoring;

/// <summary>What computes a model.</summary>
public enum ModelDevice
{
    Cpu,

    /// <summary>A graphics card; a model is refused where none can be used.</summary>
    Cuda,

    /// <summary>A graphics card where one can be used, else the processor.</summary>
    CudaOrCpu,
}
