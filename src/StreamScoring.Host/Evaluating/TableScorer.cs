using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Host.Evaluating;

/// <summary>Scores all rows of a table, some at a time.</summary>
internal static class TableScorer
{
    public const int RowsPerCall = 1024;

    /// <summary>What came of some rows.</summary>
    /// <param name="first">Number of the first of them, from 0.</param>
    /// <param name="raw">The model's own output of each; NaN where it failed.</param>
    public delegate void Take(int first, ReadOnlySpan<double> raw);

    /// <param name="table">Of the model's inputs.</param>
    /// <param name="unscored">Told of calls that failed.</param>
    /// <param name="take">Called in the order of the rows.</param>
    /// <exception cref="ModelFailedException">A call ran out of its time.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static void Run(OnnxModel model, ScoringTable table, UnscoredRows unscored, Take take, CancellationToken cancel)
    {
        using var progress = new ProgressLine();
        using var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], RowsPerCall);
        using var stopping = cancel.Register(lane.Stop);
        var (rows, raw) = (new int[RowsPerCall], new double[RowsPerCall]);
        for (var first = 0; first < table.RowCount; first += RowsPerCall)
        {
            cancel.ThrowIfCancellationRequested();
            var count = Math.Min(RowsPerCall, table.RowCount - first);
            for (var i = 0; i < count; i++)
            {
                rows[i] = first + i;
            }

            RowIsolation.Score(lane, table.Features, rows.AsSpan(0, count), raw.AsSpan(0, count), unscored.Failed);
            cancel.ThrowIfCancellationRequested();
            unscored.ThrowTimeOut();
            take(first, raw.AsSpan(0, count));
            progress.Show($"{model.Name}: {first + count:N0} of {table.RowCount:N0} rows");
        }
    }
}
