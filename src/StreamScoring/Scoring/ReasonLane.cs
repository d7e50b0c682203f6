using StreamScoring.Batches;
using StreamScoring.Decisions;

namespace StreamScoring.Scoring;

/// <summary>
/// Finds the reasons of scored rows, beside one lane of a model. Only rows with a score that
/// asks for them cost anything.
/// </summary>
internal sealed class ReasonLane : IDisposable
{
    private readonly IExplainer _explainer;
    private readonly string _model;
    private readonly ModelFailures? _failures;
    private readonly int[] _featureColumns;
    private readonly double[] _contributions;
    private readonly int _from;

    /// <param name="id">As metrics and the log name it.</param>
    /// <param name="featureColumns">For each input of the model, the column of the feature
    /// matrix.</param>
    /// <param name="failures">Told where reasons could not be found out; null: nobody is.</param>
    public ReasonLane(IFraudModel model, string id, IReadOnlyList<int> featureColumns, ReasonOptions options, ModelFailures? failures)
    {
        (_model, _failures) = (id, failures);
        _explainer = model.OpenExplainer(featureColumns);
        (_featureColumns, _contributions, _from) = ([.. featureColumns], new double[featureColumns.Count], options.From);
    }

    /// <summary>
    /// Fills the reasons of rows that the model gave a number. Where it runs out of its time the
    /// rest of the batch goes on without them.
    /// </summary>
    /// <param name="model">Its index: other rows are not its own.</param>
    public void Explain(PaymentBatch batch, ReadOnlySpan<int> rows, byte model)
    {
        var isOutOfTime = false;
        foreach (var rowIndex in rows)
        {
            var probability = batch.Probability[rowIndex];
            if (isOutOfTime || batch.ModelGiven[rowIndex] != model || double.IsNaN(probability) || RiskScore.FromProbability(probability) < _from)
            {
                continue;
            }

            try
            {
                _explainer.Explain(batch.Features, rowIndex, _contributions);
            }
            catch (Exception e) when (e is not InvariantBrokenException)
            {
                // The score stands without them.
                _failures?.AddNoReasons(_model, e);
                isOutOfTime = e is ModelFailedException { Kind: ModelFailureKind.TimedOut or ModelFailureKind.Stopped };
                continue;
            }

            batch.Reasons.Keep(rowIndex, _featureColumns, _contributions);
        }
    }

    public void Stop() => _explainer.Stop();

    public void Dispose() => _explainer.Dispose();
}
