using System.Diagnostics;
using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>
/// A shadow model on a lane's own thread: its calls come back, and it is done before another thread
/// would have woken up.
/// </summary>
/// <param name="worker">Counts, and tells when it is quick.</param>
/// <param name="rowsMax">Rows of a batch.</param>
internal sealed class QuickShadow(ShadowWorker worker, ShadowModel shadow, int rowsMax) : IDisposable
{
    private readonly IScoringLane _lane = shadow.Model.OpenLane(shadow.FeatureColumns, rowsMax);
    private readonly double[] _answers = new double[rowsMax];
    private readonly Action<Exception> _failed = worker.Failed;

    /// <summary>Fills the probabilities of some rows: NaN where it failed.</summary>
    /// <exception cref="InvariantBrokenException">Our bug.</exception>
    public void Score(PaymentBatch batch, ReadOnlySpan<int> rows)
    {
        var answers = _answers.AsSpan(0, rows.Length);
        var (answered, began) = (0, Stopwatch.GetTimestamp());
        RowIsolation.Score(_lane, batch.Features, rows, answers, _failed, isHangEnough: true);
        try
        {
            answered = ShadowJob.Calibrate(shadow.Model, answers);
        }
        catch (Exception e) when (e is not InvariantBrokenException)
        {
            // The champion never hears of it.
            _failed(e);
        }

        var probabilities = batch.Shadows.Column(worker.Index);
        for (var i = 0; i < rows.Length; i++)
        {
            probabilities[rows[i]] = answers[i];
        }

        worker.Asked(rows.Length, answered, began);
        worker.Count(ShadowOutcome.Scored, answered);
        worker.Count(ShadowOutcome.Failed, rows.Length - answered);
    }

    public void Dispose() => _lane.Dispose();
}
