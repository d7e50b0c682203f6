using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>Scores rows of a model with a mark on each call (<see cref="ICallMark"/>).</summary>
/// <param name="mark">Null: nobody wants to know.</param>
/// <param name="failed">Told of each call that failed.</param>
internal sealed class MarkedCalls(IScoringLane lane, ICallMark? mark, Action<Exception> failed) : IDisposable
{
    /// <summary>Where rows stand in their logs, by their index in the matrix.</summary>
    public delegate (int LogIndex, long Offset) PositionOf(int rowIndex);

    /// <param name="raw">[n] Filled; NaN where the model failed, or must not be asked.</param>
    /// <param name="isHangEnough">As of <see cref="RowIsolation"/>.</param>
    public void Score(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw, PositionOf positionOf, bool isHangEnough)
    {
        if (mark is null)
        {
            RowIsolation.Score(lane, features, rows, raw, failed, isHangEnough);
            return;
        }

        if (!mark.IsCareful)
        {
            var (logIndex, offset) = positionOf(rows[0]);
            mark.Begin(logIndex, offset);
            RowIsolation.Score(lane, features, rows, raw, failed, isHangEnough);
            mark.End();
            return;
        }

        for (var i = 0; i < rows.Length; i++)
        {
            var (logIndex, offset) = positionOf(rows[i]);
            if (mark.IsDeadly(logIndex, offset))
            {
                raw[i] = double.NaN;
                failed(new ModelCrashedException());
                continue;
            }

            mark.Begin(logIndex, offset);
            RowIsolation.Score(lane, features, rows.Slice(i, 1), raw.Slice(i, 1), failed, isHangEnough);
            mark.End();
        }
    }

    public void Stop() => lane.Stop();

    public void Dispose()
    {
        lane.Dispose();
        mark?.Dispose();
    }
}

/// <summary>The model is not asked for a payment that processes died of.</summary>
internal sealed class ModelCrashedException() : Exception("processes ended in a crash while it scored this payment, so it is not asked for it any more");
