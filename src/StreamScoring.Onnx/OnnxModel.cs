using Microsoft.ML.OnnxRuntime;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>A model on ONNX Runtime. Whatever can be wrong with it is found at load: serving it then only costs time.</summary>
public sealed class OnnxModel : IFraudModel
{
    private readonly InferenceSession _session;
    private readonly OnnxShape _shape;

    internal OnnxModel(
        string name, string version, IReadOnlyList<ModelInput> inputs, ScoreCalibration calibration, InferenceSession session, OnnxShape shape, IReadOnlyList<string> notices)
    {
        (Name, Version, Inputs, Calibration, _session, _shape, Notices) = (name, version, inputs, calibration, session, shape, notices);
    }

    public string Name { get; }

    public string Version { get; }

    public string Engine => "onnxruntime";

    public IReadOnlyList<ModelInput> Inputs { get; }

    public ScoreCalibration Calibration { get; }

    /// <summary>What whoever serves the model should know: that it takes one row a call, say.</summary>
    public IReadOnlyList<string> Notices { get; }

    public IScoringLane OpenLane(IReadOnlyList<int> featureColumns, int rowsMax)
    {
        Invariant.Require(featureColumns.Count == Inputs.Count);
        return Inputs.Any(input => input.IsText)
            ? new TextOnnxLane(_session, _shape, Inputs, featureColumns)
            : new BoundOnnxLane(_session, _shape, featureColumns);
    }

    public void Dispose() => _session.Dispose();
}
