using StreamScoring.Drift;
using StreamScoring.Onnx.Explaining;
using StreamScoring.Onnx.Sessions;
using StreamScoring.Onnx.Trees;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>
/// An ONNX model, evaluated by ONNX Runtime, or where they were found to agree by the tree kernel.
/// Whatever can be wrong with it is found at load: serving it then only costs time.
/// </summary>
public sealed class OnnxModel : IFraudModel
{
    private readonly OnnxSession _session;
    private readonly OnnxShape _shape;
    private readonly TreeScorer? _trees;

    /// <summary>For calls at the same time; null: for as many as there are lanes.</summary>
    private readonly SemaphoreSlim? _room;

    internal OnnxModel(
        string name, string version, IReadOnlyList<ModelInput> inputs, ScoreCalibration calibration, OnnxSession session, OnnxShape shape,
        TreeScorer? trees, IReadOnlyList<string> notices)
    {
        (Name, Version, Inputs, Calibration, _session, _shape, _trees, Notices) = (name, version, inputs, calibration, session, shape, trees, notices);
    }

    public string Name { get; }

    public string Version { get; }

    public string Engine => _trees is null ? "onnxruntime" : "trees";

    public bool IsManaged => _trees is not null;

    public IReadOnlyList<ModelInput> Inputs { get; }

    public ScoreCalibration Calibration { get; }

    /// <summary>
    /// What whoever serves the model should know: that it takes one row a call, or why the tree
    /// kernel does not serve it.
    /// </summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>Files beside the model's that its weights lie in, relative to its folder.</summary>
    public IReadOnlyList<string> WeightFiles { get; init; } = [];

    /// <summary>What it was trained on, as far as its card says so.</summary>
    public ReferenceProfile Reference { get; init; } = ReferenceProfile.None;

    /// <summary>
    /// Of a bare file whose tensors have other names than its features: which takes which.
    /// </summary>
    internal IReadOnlyList<(string Tensor, IReadOnlyList<string> Inputs)> Tensors { get; init; } = [];

    /// <summary>How ONNX Runtime computes it.</summary>
    internal ModelEngine Runtime
    {
        get;
        init => (field, _room) = (value, value.LanesMax is { } lanes ? new SemaphoreSlim(lanes) : null);
    } = ModelEngine.Default;

    /// <summary>Of its calls; null where they were not measured.</summary>
    internal CallSizes? Sizes { get; init; }

    /// <summary>What wrote the file, as it says; empty where it does not.</summary>
    internal string Producer { get; init; } = "";

    /// <summary>
    /// Null where the model is no sum of trees that can be read: then it is asked again with inputs
    /// at their baseline.
    /// </summary>
    internal TreePaths? Paths { get; init; }

    /// <summary>[inputs] What an input is set to in order to see what it does.</summary>
    internal IReadOnlyList<double> Baseline { get; init; } = [];

    public IScoringLane OpenLane(IReadOnlyList<int> featureColumns, int rowsMax)
    {
        Invariant.Require(featureColumns.Count == Inputs.Count);
        if (_trees is { } trees)
        {
            return trees.OpenLane(featureColumns);
        }

        IScoringLane lane = Inputs.Any(input => input.IsText)
            ? new TextOnnxLane(_session, _shape, Inputs, featureColumns, Runtime.RowsMax)
            : new BoundOnnxLane(_session, _shape, featureColumns, Sizes ?? CallSizes.Unmeasured(_shape.Rows, Runtime.RowsMax));
        return _room is { } room ? new LimitedLane(_session.Path, lane, room, _session.CallMax) : lane;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Exact along the paths of trees, and allocates nothing; else by occlusion, which calls the
    /// model once a row with as many rows as it has inputs, and one more. A model that takes text
    /// then allocates what its lane does.
    /// </remarks>
    public IExplainer OpenExplainer(IReadOnlyList<int> featureColumns)
    {
        Invariant.Require(featureColumns.Count == Inputs.Count);
        return Paths is { } paths ? new TreePathExplainer(paths, featureColumns) : new OcclusionExplainer(this, featureColumns, Baseline);
    }

    /// <inheritdoc/>
    /// <remarks>The tree kernel is not measured: a row takes it microseconds.</remarks>
    public double SecondsOf(int rowCount) => Sizes?.SecondsOf(rowCount) ?? 0;

    /// <summary>Gives it up. A lane that is open still works.</summary>
    public void Dispose() => _session.Dispose();
}
