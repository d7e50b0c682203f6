using System.Diagnostics;
using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Host.Tuning;

/// <summary>How fast a model scores rows that lie ready, by rows a call and lanes.</summary>
internal static class InferenceBench
{
    /// <param name="Engine">As decisions name it.</param>
    /// <param name="Device">Where it computes.</param>
    /// <param name="Threads">That one call is computed on.</param>
    /// <param name="Lanes">Threads that score at once, each with a lane of its own.</param>
    /// <param name="Batch">Rows of a call.</param>
    /// <param name="RowsPerSecond">Of all lanes together.</param>
    /// <param name="MicrosecondsPerRow">Of one lane.</param>
    /// <param name="CallMs">Median of a call.</param>
    internal sealed record Cell(string Engine, string Device, int Threads, int Lanes, int Batch, double RowsPerSecond, double MicrosecondsPerRow, double CallMs);

    /// <param name="table">Rows are taken from it again and again.</param>
    /// <exception cref="ModelFailedException">The model failed on a row.</exception>
    public static Cell Measure(OnnxModel model, ModelEngine engine, ScoringTable table, int lanes, int batch, TimeSpan duration, CancellationToken cancel)
    {
        int[] rows = [.. Enumerable.Range(0, batch).Select(row => row % table.RowCount)];
        var calls = new List<double>[lanes];
        using var start = new Barrier(lanes);
        var failures = new Exception?[lanes];
        Thread[] threads = [.. Enumerable.Range(0, lanes).Select(lane => new Thread(() =>
        {
            try
            {
                calls[lane] = Run(model, table, rows, duration, start, cancel);
            }
            catch (Exception e)
            {
                failures[lane] = e;
                start.RemoveParticipant();
            }
        })
        { Name = $"inference {lane}" })];
        foreach (var thread in threads)
        {
            thread.Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        cancel.ThrowIfCancellationRequested();
        if (failures.FirstOrDefault(failure => failure is not null) is { } failure)
        {
            throw failure;
        }

        double[] sorted = [.. calls.SelectMany(of => of).Order()];
        var perLane = calls.Select(of => of.Count * batch / of.Sum()).ToList();
        return new Cell(model.Engine, engine.Device == ModelDevice.Cuda ? "cuda" : "cpu", model.Engine == "trees" ? 1 : engine.Threads, lanes, batch, perLane.Sum() * 1e3, 1e3 / perLane.Average(), sorted[sorted.Length / 2]);
    }

    /// <summary>
    /// The fewest rows a call that cost little more than the best, as more rows wait longer for
    /// their call.
    /// </summary>
    public static Cell Recommended(IReadOnlyList<Cell> cells)
    {
        const double Close = 1.1;
        var alone = cells.Where(cell => cell.Lanes == 1).OrderBy(cell => cell.Batch).ToList();
        var best = alone.Min(cell => cell.MicrosecondsPerRow);
        return alone.First(cell => cell.MicrosecondsPerRow <= best * Close);
    }

    /// <returns>Of each call, ms.</returns>
    private static List<double> Run(OnnxModel model, ScoringTable table, int[] rows, TimeSpan duration, Barrier start, CancellationToken cancel)
    {
        using var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], rows.Length);
        var (raw, calls) = (new double[rows.Length], new List<double>(1 << 16));
        // A part of the time to warm up: buffers, branch predictors, compiled code.
        Repeat(duration / 4, calls: null);
        start.SignalAndWait(cancel);
        Repeat(duration, calls);
        return calls;

        void Repeat(TimeSpan time, List<double>? calls)
        {
            var began = Stopwatch.GetTimestamp();
            do
            {
                var call = Stopwatch.GetTimestamp();
                lane.Score(table.Features, rows, raw);
                calls?.Add(Stopwatch.GetElapsedTime(call).TotalMilliseconds);
            }
            while (Stopwatch.GetElapsedTime(began) < time && !cancel.IsCancellationRequested);
        }
    }
}
