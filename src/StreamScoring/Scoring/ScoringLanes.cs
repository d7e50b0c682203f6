using System.Collections.Concurrent;
using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>The pure part of the score stage: a fixed set of lanes, each with buffers of its own, that score batches side by side.</summary>
public sealed class ScoringLanes : IDisposable
{
    private readonly IFraudModel _model;
    private readonly ConcurrentQueue<Lane> _free = new();
    private readonly TimeProvider _clock;

    /// <param name="featureColumns">For each model input, the column of the feature matrix.</param>
    public ScoringLanes(IFraudModel model, IReadOnlyList<int> featureColumns, int laneCount, int rowsMax, TimeProvider clock)
    {
        Invariant.Require(laneCount > 0);
        (_model, _clock, LaneCount) = (model, clock, laneCount);
        for (var i = 0; i < laneCount; i++)
        {
            _free.Enqueue(new Lane(model.OpenLane(featureColumns, rowsMax), rowsMax));
        }
    }

    public int LaneCount { get; }

    /// <summary>Fills raw score and probability of the rows to decide. At most <see cref="LaneCount"/> calls may run at a time.</summary>
    public void Score(PaymentBatch batch)
    {
        batch.Clock.ScoreStarted = _clock.GetTimestamp();
        if (batch.DecideCount > 0)
        {
            var isFree = _free.TryDequeue(out var lane);
            Invariant.Require(isFree);
            try
            {
                lane!.Score(batch, _model.Calibration);
            }
            finally
            {
                _free.Enqueue(lane!);
            }
        }

        batch.Clock.Scored = _clock.GetTimestamp();
    }

    public void Dispose()
    {
        while (_free.TryDequeue(out var lane))
        {
            lane.Scoring.Dispose();
        }
    }

    private sealed class Lane(IScoringLane scoring, int rowsMax)
    {
        private readonly double[] _raw = new double[rowsMax];

        public IScoringLane Scoring => scoring;

        public void Score(PaymentBatch batch, ScoreCalibration calibration)
        {
            var rows = batch.DecideRows.AsSpan(0, batch.DecideCount);
            var raw = _raw.AsSpan(0, rows.Length);
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
