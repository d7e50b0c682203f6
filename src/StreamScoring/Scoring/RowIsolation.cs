using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>Scores rows so that one which spoils a call costs no other its score.</summary>
public static class RowIsolation
{
    /// <summary>
    /// After so many rows of a call that ran out of their time the rest is left without a score: a
    /// batch must not hold up those behind it.
    /// </summary>
    private const int TimeOutsMax = 8;

    /// <summary>Scores rows in one call, and where that fails one by one.</summary>
    /// <param name="raw">[n] Filled; NaN where the model failed.</param>
    /// <param name="failed">Told of each call that failed; null: nobody is.</param>
    /// <param name="isHangEnough">Whether no row is tried by itself once the call ran out of its
    /// time: another model has numbers for all of them.</param>
    /// <exception cref="InvariantBrokenException">Our bug, which no row is to blame
    /// for.</exception>
    public static void Score(IScoringLane lane, FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw, Action<Exception>? failed, bool isHangEnough = false)
    {
        try
        {
            lane.Score(features, rows, raw);
            return;
        }
        catch (Exception e) when (e is not InvariantBrokenException)
        {
            raw.Fill(double.NaN);
            failed?.Invoke(e);
            if (rows.Length == 1 || IsStopped(e) || (isHangEnough && e is ModelFailedException { Kind: ModelFailureKind.TimedOut }))
            {
                return;
            }
        }

        ScoreOneByOne(lane, features, rows, raw, failed);
    }

    private static void ScoreOneByOne(IScoringLane lane, FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw, Action<Exception>? failed)
    {
        var timeOuts = 0;
        for (var i = 0; i < rows.Length && timeOuts < TimeOutsMax; i++)
        {
            try
            {
                lane.Score(features, rows.Slice(i, 1), raw.Slice(i, 1));
            }
            catch (Exception e) when (e is not InvariantBrokenException)
            {
                // NaN: decided by policy and counted as unscored.
                raw[i] = double.NaN;
                failed?.Invoke(e);
                timeOuts += e is ModelFailedException { Kind: ModelFailureKind.TimedOut } ? 1 : 0;
                if (IsStopped(e))
                {
                    return;
                }
            }
        }
    }

    private static bool IsStopped(Exception e) => e is ModelFailedException { Kind: ModelFailureKind.Stopped };
}
