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
    private readonly int[] _rows;
    private readonly int _from;

    /// <param name="id">As metrics and the log name it.</param>
    /// <param name="featureColumns">For each input of the model, the column of the feature
    /// matrix.</param>
    /// <param name="failures">Told where reasons could not be found out; null: nobody is.</param>
    public ReasonLane(IFraudModel model, string id, IReadOnlyList<int> featureColumns, ReasonOptions options, ModelFailures? failures)
    {
        (_model, _failures) = (id, failures);
        _explainer = model.OpenExplainer(featureColumns);
        (_featureColumns, _contributions, _from) = ([.. featureColumns], new double[featureColumns.Count * _explainer.RowsMax], options.From);
        _rows = new int[_explainer.RowsMax];
    }

    /// <summary>
    /// Fills the reasons of rows that the model gave a number. Where it runs out of its time the
    /// rest of the batch goes on without them.
    /// </summary>
    /// <param name="model">Its index: other rows are not its own.</param>
    public void Explain(PaymentBatch batch, ReadOnlySpan<int> rows, byte model)
    {
        var count = 0;
        foreach (var rowIndex in rows)
        {
            var probability = batch.Probability[rowIndex];
            if (batch.ModelGiven[rowIndex] != model || double.IsNaN(probability) || RiskScore.FromProbability(probability) < _from)
            {
                continue;
            }

            _rows[count++] = rowIndex;
            if (count == _rows.Length)
            {
                if (!TryExplain(batch, _rows))
                {
                    return;
                }

                count = 0;
            }
        }

        if (count > 0)
        {
            TryExplain(batch, _rows.AsSpan(0, count));
        }
    }

    public void Stop() => _explainer.Stop();

    public void Dispose() => _explainer.Dispose();

    /// <returns>Whether there is time for more.</returns>
    private bool TryExplain(PaymentBatch batch, ReadOnlySpan<int> rows)
    {
        var inputCount = _featureColumns.Length;
        var contributions = _contributions.AsSpan(0, rows.Length * inputCount);
        try
        {
            _explainer.Explain(batch.Features, rows, contributions);
        }
        catch (Exception e) when (e is not InvariantBrokenException)
        {
            // The scores stand without them.
            _failures?.AddNoReasons(_model, e);
            return e is not ModelFailedException { Kind: ModelFailureKind.TimedOut or ModelFailureKind.Stopped };
        }

        for (var i = 0; i < rows.Length; i++)
        {
            batch.Reasons.Keep(rows[i], _featureColumns, contributions.Slice(i * inputCount, inputCount));
        }

        return true;
    }
}
