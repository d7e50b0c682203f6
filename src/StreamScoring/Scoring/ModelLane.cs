using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>One model's part of a lane: its buffers, and the reasons of its scores.</summary>
internal sealed class ModelLane : IDisposable
{
    private readonly IFraudModel _model;
    private readonly string _id;
    private readonly byte _index;
    private readonly MarkedCalls _calls;
    private readonly ReasonLane? _reasons;
    private readonly ModelRest _rest;
    private readonly string? _standIn;
    private readonly ModelFailures? _failures;
    private readonly double[] _raw;
    private readonly MarkedCalls.PositionOf _positionOf;
    private PaymentBatch? _batch;
    private bool _isHung;
    private bool _hasFailed;
    private bool _isStopped;

    /// <param name="index">Among the models of the policy.</param>
    /// <param name="rest">Of the model, shared by all lanes.</param>
    /// <param name="standIn">The model that is asked where this one has no number; null for
    /// none.</param>
    /// <param name="marks">Null: nobody marks calls.</param>
    public ModelLane(ServedModel served, int index, int rowsMax, ReasonOptions reasons, ModelRest rest, string? standIn, ModelFailures? failures, ICallMarks? marks)
    {
        (_model, _id, _index, _rest, _failures, _raw) = (served.Model, served.Id, (byte)index, rest, failures, new double[rowsMax]);
        _standIn = standIn;
        _calls = new MarkedCalls(_model.OpenLane(served.Columns, rowsMax), marks?.Open(_model.Version), Failed);
        _reasons = reasons.Columns > 0 ? new ReasonLane(_model, _id, served.Columns, reasons, failures) : null;
        _positionOf = rowIndex => (_batch!.LogIndex[rowIndex], _batch.Offset[rowIndex]);
    }

    /// <summary>
    /// Fills raw score and probability of some rows, and their reasons. Rows that it has no number
    /// for are left as they are.
    /// </summary>
    public void Score(PaymentBatch batch, ReadOnlySpan<int> rows)
    {
        if (rows.IsEmpty || !_rest.MayAsk(out var isTrial))
        {
            return;
        }

        (_isHung, _isStopped) = (false, false);
        var answered = Ask(batch, isTrial ? rows[..1] : rows);
        if (isTrial && answered > 0)
        {
            answered += Ask(batch, rows[1..]);
        }

        if (_isStopped)
        {
            _rest.NotAsked();
        }
        else
        {
            _rest.Told(answered, isTrial && answered == 0 ? 1 : rows.Length - answered, _isHung, _standIn);
        }

        _reasons?.Explain(batch, rows, _index);
    }

    public void Stop()
    {
        _calls.Stop();
        _reasons?.Stop();
    }

    public void Dispose()
    {
        _calls.Dispose();
        _reasons?.Dispose();
    }

    private int Ask(PaymentBatch batch, ReadOnlySpan<int> rows)
    {
        if (rows.IsEmpty)
        {
            return 0;
        }

        var raw = _raw.AsSpan(0, rows.Length);
        (_batch, _hasFailed) = (batch, false);
        _calls.Score(batch.Features, rows, raw, _positionOf, isHangEnough: _standIn is not null);
        var calibration = _model.Calibration;
        var (answered, none) = (0, 0);
        for (var i = 0; i < rows.Length; i++)
        {
            none += double.IsNaN(raw[i]) ? 1 : 0;
            var probability = calibration.Probability(raw[i]);
            (batch.RawScore[rows[i]], batch.Probability[rows[i]]) = (raw[i], probability);
            if (!double.IsNaN(probability))
            {
                answered++;
                batch.ModelGiven[rows[i]] = _index;
            }
            else if (!double.IsNaN(raw[i]))
            {
                _failures?.AddNoProbability(_id, raw[i]);
            }
        }

        if (none > 0 && !_hasFailed)
        {
            _failures?.AddNoNumber(_id, none);
        }

        return answered;
    }

    private void Failed(Exception cause)
    {
        _isHung |= cause is ModelFailedException { Kind: ModelFailureKind.TimedOut };
        _isStopped |= cause is ModelFailedException { Kind: ModelFailureKind.Stopped };
        _hasFailed = true;
        _failures?.Add(_id, cause);
    }
}
