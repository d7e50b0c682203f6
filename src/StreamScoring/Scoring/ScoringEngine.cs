namespace StreamScoring.Scoring;

/// <summary>What may evaluate a model.</summary>
public enum ScoringEngine : byte
{
    /// <summary>
    /// The tree kernel where it covers the model and agrees with ONNX Runtime; else ONNX Runtime.
    /// </summary>
    Auto,

    /// <summary>ONNX Runtime, whatever the model.</summary>
    OnnxRuntime,
}
