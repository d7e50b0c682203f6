using System.Diagnostics.Metrics;
using StreamScoring.Signals;

namespace StreamScoring.Drift;

/// <summary>The drift of one model as metrics. A number that is not known has no series.</summary>
internal sealed class DriftMeters
{
    private readonly Gauge<double> _filled, _rows, _weighted, _scorePsi, _scoreCritical;
    private readonly (Gauge<double> Psi, Gauge<double> Critical, Gauge<double> Missing, Gauge<double> MissingInTraining, Gauge<double> OutOfRange)[] _inputs;

    public DriftMeters(EngineMeter meter, WatchedModel watched)
    {
        var model = watched.Model;
        _filled = meter.CreateDoubleGauge("scoring_drift_window_filled", "How much of the window has passed since a model is watched for drift, 0 to 1.", ["model"]).With(model);
        _rows = meter.CreateDoubleGauge("scoring_drift_rows", "Payments of a model that were sampled in the window.", ["model"]).With(model);
        _weighted = meter.CreateDoubleGauge("scoring_drift_weighted_psi", "Mean population stability index of a model's inputs, by how much the model leans on each.", ["model"]).With(model);
        _scorePsi = meter.CreateDoubleGauge("scoring_drift_score_psi", "Population stability index of what a model gives, against held-out rows of its training.", ["model"]).With(model);
        _scoreCritical = meter.CreateDoubleGauge("scoring_drift_score_psi_critical", "What that exceeds in one of a thousand windows without drift.", ["model"]).With(model);
        var psi = meter.CreateDoubleGauge("scoring_drift_psi", "Population stability index of an input of a model, against its training.", ["model", "input"]);
        var critical = meter.CreateDoubleGauge("scoring_drift_psi_critical", "What that exceeds in one of a thousand windows without drift.", ["model", "input"]);
        var missing = meter.CreateDoubleGauge("scoring_drift_missing_ratio", "Share of a model's newest sampled payments for which an input has no value.", ["model", "input"]);
        var missingInTraining = meter.CreateDoubleGauge("scoring_drift_missing_ratio_expected", "The same share in the model's training.", ["model", "input"]);
        var outOfRange = meter.CreateDoubleGauge("scoring_drift_out_of_range_ratio", "Share of a model's newest sampled payments for which an input is below the smallest or above the largest value of training.", ["model", "input"]);
        _inputs = [.. watched.Inputs.Select(input => input.Reference.Input).Select(input =>
            (psi.With(model, input), critical.With(model, input), missing.With(model, input), missingInTraining.With(model, input), outOfRange.With(model, input)))];
    }

    public void Tell(ModelDrift drift)
    {
        _filled.Record(drift.WindowFilled);
        _rows.Record(drift.Rows);
        Record(_weighted, drift.WeightedPsi);
        Record(_scorePsi, drift.Probability?.Value);
        Record(_scoreCritical, drift.Probability?.Critical);
        for (var i = 0; i < _inputs.Length; i++)
        {
            var input = drift.Inputs[i];
            Record(_inputs[i].Psi, input.Psi?.Value);
            Record(_inputs[i].Critical, input.Psi?.Critical);
            Record(_inputs[i].Missing, input.Missing);
            Record(_inputs[i].MissingInTraining, input.MissingInTraining);
            Record(_inputs[i].OutOfRange, input.OutOfRange);
        }
    }

    public void Leave()
    {
        foreach (var gauge in new[] { _filled, _rows, _weighted, _scorePsi, _scoreCritical })
        {
            Record(gauge, null);
        }

        foreach (var (psi, critical, missing, missingInTraining, outOfRange) in _inputs)
        {
            Record(psi, null);
            Record(critical, null);
            Record(missing, null);
            Record(missingInTraining, null);
            Record(outOfRange, null);
        }
    }

    private static void Record(Gauge<double> gauge, double? value) => gauge.Record(value ?? double.NaN);
}
