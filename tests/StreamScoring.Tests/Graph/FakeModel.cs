using StreamScoring.Batches;
using StreamScoring.Scoring;

namespace StreamScoring.Tests.Graph;

/// <summary>A model of one input whose output is a hundredth of that input. A test may hold its lanes up.</summary>
internal sealed class FakeModel(Action? beforeBatch = null, ScoreCalibration? calibration = null) : IFraudModel
{
    public string Name => "fake";

    public string Version { get; } = "sha256:" + new string('0', 64);

    public string Engine => "test";

    public IReadOnlyList<ModelInput> Inputs { get; } = [new ModelInput("tx_amount", IsText: false)];

    /// <summary>Null: asking for it fails, which stands for a bug in the score stage.</summary>
    public ScoreCalibration Calibration => calibration ?? throw new InvalidOperationException("no calibration");

    public IScoringLane OpenLane(IReadOnlyList<int> featureColumns, int rowsMax) => new Lane(beforeBatch, featureColumns[0]);

    public IExplainer OpenExplainer(IReadOnlyList<int> featureColumns) => new Explainer(featureColumns[0]);

    public void Dispose()
    {
    }

    /// <summary>The contribution of the input is its value.</summary>
    private sealed class Explainer(int column) : IExplainer
    {
        public void Explain(FeatureMatrix features, int rowIndex, Span<double> contributions) =>
            contributions[0] = features.Column(column)[rowIndex];

        public void Dispose()
        {
        }
    }

    private sealed class Lane(Action? beforeBatch, int column) : IScoringLane
    {
        public void Score(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw)
        {
            beforeBatch?.Invoke();
            for (var i = 0; i < rows.Length; i++)
            {
                raw[i] = features.Column(column)[rows[i]] / 100;
            }
        }

        public void Dispose()
        {
        }
    }
}
