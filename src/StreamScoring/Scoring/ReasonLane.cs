using StreamScoring.Batches;
using StreamScoring.Decisions;

namespace StreamScoring.Scoring;

/// <summary>Finds the reasons of scored rows, beside one lane of the champion. Only rows with a score that asks for them cost anything.</summary>
internal sealed class ReasonLane : IDisposable
{
    private readonly IExplainer _explainer;
    private readonly int[] _featureColumns;
    private readonly double[] _contributions;
    private readonly int _from;

    /// <param name="featureColumns">For each input of the model, the column of the feature matrix.</param>
    public ReasonLane(IFraudModel model, IReadOnlyList<int> featureColumns, ReasonOptions options)
    {
        _explainer = model.OpenExplainer(featureColumns);
        (_featureColumns, _contributions, _from) = ([.. featureColumns], new double[featureColumns.Count], options.From);
    }

    /// <summary>Fills the reasons of the rows to decide.</summary>
    public void Explain(PaymentBatch batch)
    {
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            batch.Reasons.Count[rowIndex] = 0;
            var probability = batch.Probability[rowIndex];
            if (double.IsNaN(probability) || RiskScore.FromProbability(probability) < _from)
            {
                continue;
            }

            try
            {
                _explainer.Explain(batch.Features, rowIndex, _contributions);
            }
            catch (Exception)
            {
                // The score stands without them.
                continue;
            }

            batch.Reasons.Keep(rowIndex, _featureColumns, _contributions);
        }
    }

    public void Dispose() => _explainer.Dispose();
}
