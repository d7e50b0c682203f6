using System.Collections.Concurrent;
using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>
/// The pure part of the score stage: lanes, each with buffers of its own, that score batches side by side. One more is opened when all are in use,
/// up to a bound, and stays.
/// </summary>
public sealed class ScoringLanes : IDisposable
{
    private readonly IFraudModel _model;
    private readonly ConcurrentQueue<Lane> _free = new();
    private readonly TimeProvider _clock;
    private readonly IReadOnlyList<int> _featureColumns;
    private readonly int _rowsMax;
    private readonly int _laneCountMax;
    private readonly ShadowOptions _shadows;
    private readonly ReasonOptions _reasons;
    private int _laneCount;

    /// <param name="featureColumns">For each model input, the column of the feature matrix.</param>
    /// <param name="laneCount">Lanes that are opened at once.</param>
    /// <param name="laneCountMax">Calls that may run at a time; null: as many as are opened at once.</param>
    /// <param name="shadows">Models that score beside it; null: none.</param>
    /// <param name="reasons">Null: none are given.</param>
    public ScoringLanes(
        IFraudModel model, IReadOnlyList<int> featureColumns, int laneCount, int rowsMax, TimeProvider clock, int? laneCountMax = null,
        ShadowOptions? shadows = null, ReasonOptions? reasons = null)
    {
        Invariant.Require(laneCount > 0);
        (_shadows, _reasons) = (shadows ?? ShadowOptions.None, reasons ?? ReasonOptions.None);
        (_model, _featureColumns, _rowsMax, _clock, _laneCountMax) = (model, featureColumns, rowsMax, clock, laneCountMax ?? laneCount);
        for (var i = 0; i < laneCount; i++)
        {
            _free.Enqueue(Open());
        }
    }

    public ShadowOptions Shadows => _shadows;

    /// <summary>Lanes that are open.</summary>
    public int LaneCount => Volatile.Read(ref _laneCount);

    /// <summary>Fills raw score and probability of the rows to decide, the shadow models' probabilities, and reasons.</summary>
    public void Score(PaymentBatch batch)
    {
        batch.Clock.ScoreStarted = _clock.GetTimestamp();
        if (batch.DecideCount > 0)
        {
            var lane = _free.TryDequeue(out var free) ? free : Open();
            try
            {
                lane.Score(batch, _model.Calibration);
            }
            finally
            {
                _free.Enqueue(lane);
            }
        }

        batch.Clock.Scored = _clock.GetTimestamp();
    }

    public void Dispose()
    {
        while (_free.TryDequeue(out var lane))
        {
            lane.Dispose();
        }
    }

    private Lane Open()
    {
        var laneCount = Interlocked.Increment(ref _laneCount);
        Invariant.Require(laneCount <= _laneCountMax);
        var reasons = _reasons.Columns > 0 ? new ReasonLane(_model, _featureColumns, _reasons) : null;
        return new Lane(_model.OpenLane(_featureColumns, _rowsMax), new ShadowLanes(_shadows, _rowsMax, _clock), reasons, _rowsMax);
    }

    private sealed class Lane(IScoringLane scoring, ShadowLanes shadows, ReasonLane? reasons, int rowsMax) : IDisposable
    {
        private readonly double[] _raw = new double[rowsMax];

        public void Score(PaymentBatch batch, ScoreCalibration calibration)
        {
            var rows = batch.DecideRows.AsSpan(0, batch.DecideCount);
            var raw = _raw.AsSpan(0, rows.Length);
            shadows.Begin(batch);
            try
            {
                scoring.Score(batch.Features, rows, raw);
            }
            catch (Exception) when (rows.Length > 1)
            {
                // One row may have spoiled the call: the others must not lose their score to it.
                ScoreOneByOne(batch.Features, rows, raw);
            }
            catch (Exception)
            {
                raw.Fill(double.NaN);
            }

            for (var i = 0; i < rows.Length; i++)
            {
                batch.RawScore[rows[i]] = raw[i];
                batch.Probability[rows[i]] = calibration.Probability(raw[i]);
            }

            reasons?.Explain(batch);
            shadows.End(batch);
        }

        public void Dispose()
        {
            scoring.Dispose();
            shadows.Dispose();
            reasons?.Dispose();
        }

        private void ScoreOneByOne(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                try
                {
                    scoring.Score(features, rows.Slice(i, 1), raw.Slice(i, 1));
                }
                catch (Exception)
                {
                    // NaN: decided by policy and counted as unscored.
                    raw[i] = double.NaN;
                }
            }
        }
    }
}
