namespace StreamScoring.Scoring;

/// <summary>
/// A loaded, checked model. It is immutable and shared; what a thread needs to run it is a lane.
/// </summary>
public interface IFraudModel : IDisposable
{
    string Name { get; }

    /// <summary>
    /// <c>sha256:</c> and the hash of the model file and of what in its card changes a score: what
    /// a decision names.
    /// </summary>
    string Version { get; }

    /// <summary>
    /// Which engine evaluates it, as decisions and metrics name it: <c>onnxruntime</c> or
    /// <c>trees</c>.
    /// </summary>
    string Engine { get; }

    /// <summary>
    /// Whether calls are our own code throughout: each comes back, and none can end the process.
    /// </summary>
    bool IsManaged => false;

    /// <summary>Inputs in the order of the model's columns.</summary>
    IReadOnlyList<ModelInput> Inputs { get; }

    /// <summary>How the raw output becomes a probability.</summary>
    ScoreCalibration Calibration { get; }

    /// <summary>A lane that reads its inputs from the given columns.</summary>
    /// <param name="featureColumns">For each input, the column of the feature matrix that holds
    /// it.</param>
    /// <param name="rowsMax">Rows that one call may hold.</param>
    IScoringLane OpenLane(IReadOnlyList<int> featureColumns, int rowsMax);

    /// <summary>
    /// An explainer that reads its inputs from the given columns. It costs more than a score a row,
    /// so it is opened only where reasons are wanted.
    /// </summary>
    /// <param name="featureColumns">For each input, the column of the feature matrix that holds
    /// it.</param>
    IExplainer OpenExplainer(IReadOnlyList<int> featureColumns);

    /// <summary>What scoring so many rows at once took when the model was loaded.</summary>
    /// <param name="rowCount">From 1 on.</param>
    /// <returns>Seconds; 0 where nobody measured.</returns>
    double SecondsOf(int rowCount) => 0;
}
