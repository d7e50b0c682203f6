using StreamScoring.Batches;
using StreamScoring.Scoring;

namespace StreamScoring.Simulation;

/// <summary>
/// A model whose score depends on every feature, so that no difference between two of them goes
/// unseen.
/// </summary>
internal sealed class SimulatedModel(IReadOnlyList<string> features) : IFraudModel
{
    public string Name => "simulated";

    public string Version { get; } = "sha256:" + new string('0', 64);

    public string Engine => "simulated";

    public IReadOnlyList<ModelInput> Inputs => [.. features.Select(feature => new ModelInput(feature, IsText: false))];

    public ScoreCalibration Calibration { get; } = new(OutputKind.Logit, []);

    public IScoringLane OpenLane(IReadOnlyList<int> featureColumns, int rowsMax) => new Lane();

    public IExplainer OpenExplainer(IReadOnlyList<int> featureColumns) => new Explainer();

    public void Dispose()
    {
    }

    /// <summary>The model's output for one payment's features.</summary>
    public static double RawOf(ReadOnlySpan<double> features)
    {
        var sum = 0.0;
        for (var feature = 0; feature < features.Length; feature++)
        {
            sum += TermOf(features[feature], feature);
        }

        return sum;
    }

    private static double TermOf(double value, int feature) => double.IsNaN(value) ? -0.5 : Math.Sin(value + feature);

    /// <summary>The output is a sum with one term for each feature.</summary>
    private sealed class Explainer : IExplainer
    {
        public int RowsMax => 7;

        public void Explain(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> contributions)
        {
            var inputCount = contributions.Length / rows.Length;
            for (var i = 0; i < contributions.Length; i++)
            {
                contributions[i] = TermOf(features.Column(i % inputCount)[rows[i / inputCount]], i % inputCount);
            }
        }

        public void Stop()
        {
        }

        public void Dispose()
        {
        }
    }

    private sealed class Lane : IScoringLane
    {
        public void Score(FeatureMatrix matrix, ReadOnlySpan<int> rows, Span<double> raw)
        {
            Span<double> features = stackalloc double[matrix.FeatureCount];
            for (var i = 0; i < rows.Length; i++)
            {
                for (var feature = 0; feature < features.Length; feature++)
                {
                    features[feature] = matrix.Column(feature)[rows[i]];
                }

                raw[i] = RawOf(features);
            }
        }

        public void Stop()
        {
        }

        public void Dispose()
        {
        }
    }
}
