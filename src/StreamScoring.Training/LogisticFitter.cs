using System.Globalization;
using StreamScoring.Training.Evaluating;
using StreamScoring.Training.Fitting;
using StreamScoring.Training.Linear;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training;

/// <summary>Logistic regression: the validation rows choose among some penalties.</summary>
internal sealed class LogisticFitter(TrainingOptions options, Action<FormattableString> show, CancellationToken cancel) : Fitter
{
    /// <summary>Of a weight's square, over all rows.</summary>
    private static readonly double[] Penalties = [1, 10, 100, 1000];

    public override IReadOnlyList<(string Key, string Value)> OfCard => [("fraud_weight", options.FraudWeight?.ToString(CultureInfo.InvariantCulture) ?? "balanced")];

    public override IFittedModel Fit(LabelledRows rows, LabelledRows validation) =>
        Penalties.Select(penalty => FitWith(rows, penalty)).MaxBy(model => new Ranking(model.LogOdds(validation.Rows), validation.Frauds).AveragePrecision())!;

    public override IFittedModel Refit(LabelledRows rows, IFittedModel? model) => FitWith(rows, model is LogisticModel fitted ? fitted.Penalty : Penalties[0]);

    private LogisticModel FitWith(LabelledRows rows, double penalty)
    {
        var terms = LogisticTerms.Of(rows.Rows);
        var weights = LogisticFit.Fit(rows, terms, WeightOf(options.FraudWeight, rows), penalty, step => show($"logistic regression, l2 {penalty}: step {step}"), cancel);
        return new LogisticModel(terms, weights, penalty);
    }
}
