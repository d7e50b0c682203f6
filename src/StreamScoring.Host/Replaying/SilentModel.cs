using StreamScoring.Batches;
using StreamScoring.Scoring;

namespace StreamScoring.Host.Replaying;

/// <summary>
/// Stands for a shadow model. Which of its answers came before their decisions depended on the
/// moment, so the recorded ones are taken, and it is not asked.
/// </summary>
internal sealed class SilentModel(IFraudModel of) : IFraudModel
{
    public string Name => of.Name;

    public string Version => of.Version;

    public string Engine => of.Engine;

    public IReadOnlyList<ModelInput> Inputs => of.Inputs;

    public ScoreCalibration Calibration => of.Calibration;

    public IScoringLane OpenLane(IReadOnlyList<int> featureColumns, int rowsMax) => new Lane();

    public IExplainer OpenExplainer(IReadOnlyList<int> featureColumns) => throw new NotSupportedException("a shadow gives no reasons");

    public void Dispose()
    {
        // The model is its folder's.
    }

    private sealed class Lane : IScoringLane
    {
        public void Score(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw) => raw.Fill(double.NaN);

        public void Stop()
        {
            // No call runs.
        }

        public void Dispose()
        {
            // It holds nothing.
        }
    }
}
