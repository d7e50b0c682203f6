using System.Diagnostics;
using System.Numerics;
using StreamScoring.Batches;
using StreamScoring.Contracts;

namespace StreamScoring.Scoring;

/// <summary>
/// The rows of a batch on their way through one shadow model: a copy, so that neither waits for the
/// other. The batch takes the answer if it is there in time. Else the answer waits for the
/// decision, or the decision for the answer, and whichever comes second counts it. Pooled.
/// </summary>
/// <param name="worker">Whose job it is.</param>
internal sealed class ShadowJob(ShadowWorker worker, ShadowModel shadow) : IAwaitsDecision
{
    /// <summary>
    /// Stands for a row that is not compared: it repeats an earlier decision; and for one of which
    /// only the score is: a rule decided.
    /// </summary>
    public const byte NotCompared = byte.MaxValue, ByRule = byte.MaxValue - 1;

    private readonly object _gate = new();
    private readonly CopiedInputs _inputs = new(shadow.Model.Inputs, shadow.FeatureColumns);
    private double[] _probabilities = [];
    private byte[] _actions = [];
    private int[] _batchRows = [];
    private int[] _logIndex = [];
    private long[] _offset = [];
    private (int Start, int Length)[] _ids = [];
    private byte[] _idBytes = [];

    // Under the gate.
    private bool _isAnswered;
    private bool _isDecided;

    public int RowCount => _inputs.RowCount;

    /// <summary>Copies what is needed of some rows.</summary>
    public void Take(PaymentBatch batch, ReadOnlySpan<int> rows)
    {
        if (_probabilities.Length < rows.Length)
        {
            var length = (int)BitOperations.RoundUpToPowerOf2((uint)rows.Length);
            (_probabilities, _actions, _batchRows, _logIndex, _offset, _ids) = (new double[length], new byte[length], new int[length], new int[length], new long[length], new (int, int)[length]);
        }

        _inputs.Take(batch.Features, rows);
        rows.CopyTo(_batchRows);
        for (var i = 0; i < rows.Length; i++)
        {
            (_logIndex[i], _offset[i]) = (batch.LogIndex[rows[i]], batch.Offset[rows[i]]);
        }

        (_isAnswered, _isDecided) = (false, false);
    }

    /// <summary>The model's turn. On its thread.</summary>
    /// <returns>Rows that it gave a number.</returns>
    public int Score(MarkedCalls calls)
    {
        var probabilities = _probabilities.AsSpan(0, RowCount);
        probabilities.Fill(double.NaN);
        calls.Score(_inputs.Features, _inputs.Rows, probabilities, PositionOf, isHangEnough: true);
        return Calibrate(shadow.Model, probabilities);
    }

    /// <summary>Turns what a model gave into probabilities.</summary>
    /// <param name="answers">[n] The model's own output; NaN where it gave none.</param>
    /// <returns>Rows that have one.</returns>
    public static int Calibrate(IFraudModel model, Span<double> answers)
    {
        var answered = 0;
        try
        {
            var calibration = model.Calibration;
            foreach (ref var answer in answers)
            {
                answer = calibration.Probability(answer);
                answered += double.IsNaN(answer) ? 0 : 1;
            }

            return answered;
        }
        catch
        {
            // What it is not known to be is no answer.
            answers.Fill(double.NaN);
            throw;
        }
    }

    private (int LogIndex, long Offset) PositionOf(int row) => (_logIndex[row], _offset[row]);

    /// <summary>The model has answered, or failed.</summary>
    public void Answered()
    {
        lock (_gate)
        {
            _isAnswered = true;
            Monitor.PulseAll(_gate);
            if (!_isDecided)
            {
                return;
            }
        }

        Finish();
    }

    /// <summary>
    /// Waits for the answer. Where it does not come in time, the batch's decision is awaited, and
    /// the job is over when both are there.
    /// </summary>
    /// <param name="until">By <see cref="Stopwatch.GetTimestamp"/>.</param>
    /// <param name="probabilities">Filled at the job's rows: NaN where there is no answer.</param>
    /// <returns>Rows that have one; -1 where it did not come in time.</returns>
    public int Take(long until, PaymentBatch batch, Span<double> probabilities)
    {
        lock (_gate)
        {
            while (!_isAnswered && Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), until) is var left && left > TimeSpan.Zero)
            {
                Monitor.Wait(_gate, (int)Math.Ceiling(left.TotalMilliseconds));
            }

            var answered = _isAnswered ? 0 : -1;
            for (var i = 0; i < RowCount; i++)
            {
                var probability = _isAnswered ? _probabilities[i] : double.NaN;
                probabilities[_batchRows[i]] = probability;
                answered += double.IsNaN(probability) ? 0 : 1;
            }

            if (!_isAnswered)
            {
                TakeIds(batch);
                batch.Await(this);
            }

            return answered;
        }
    }

    /// <summary>Only an answer that comes late names its payment.</summary>
    private void TakeIds(PaymentBatch batch)
    {
        var (ids, used) = (batch.Text(TextField.PaymentId), 0);
        for (var i = 0; i < RowCount; i++)
        {
            var id = ids.Value(batch.Bytes, _batchRows[i]);
            if (used + id.Length > _idBytes.Length)
            {
                Array.Resize(ref _idBytes, Math.Max(used + id.Length, Math.Max(1024, 2 * _idBytes.Length)));
            }

            id.CopyTo(_idBytes.AsSpan(used));
            _ids[i] = (used, id.Length);
            used += id.Length;
        }
    }

    /// <summary>What a shadow is compared with.</summary>
    public static byte ActionOf(PaymentBatch batch, int rowIndex) => batch.DecidedBy[rowIndex] switch
    {
        DecidedBy.Duplicate => NotCompared,
        DecidedBy.Rule => ByRule,
        _ => (byte)batch.Action[rowIndex],
    };

    /// <inheritdoc/>
    public void Decided(PaymentBatch batch)
    {
        lock (_gate)
        {
            for (var i = 0; i < RowCount; i++)
            {
                var rowIndex = _batchRows[i];
                _actions[i] = ActionOf(batch, rowIndex);
            }

            _isDecided = true;
            if (!_isAnswered)
            {
                return;
            }
        }

        Finish();
    }

    /// <summary>Gives each answer away. Both are there: nobody else has the job any more.</summary>
    private void Finish()
    {
        worker.Meters?.Compared(worker.Index, _actions.AsSpan(0, RowCount), _probabilities.AsSpan(0, RowCount));
        var answered = 0;
        for (var i = 0; i < RowCount; i++)
        {
            if (!double.IsNaN(_probabilities[i]))
            {
                answered++;
                worker.Late?.Add(shadow.Id, _logIndex[i], _offset[i], _idBytes.AsSpan(_ids[i].Start, _ids[i].Length), _probabilities[i]);
            }
        }

        worker.Count(ShadowOutcome.Late, answered);
        worker.Count(ShadowOutcome.Failed, RowCount - answered);
        worker.GiveBack(this);
    }
}
