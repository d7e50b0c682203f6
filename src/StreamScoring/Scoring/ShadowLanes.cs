using System.Diagnostics;
using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>
/// The shadow models beside one lane of the models that decide. Most have threads of their own:
/// begun before those score and looked for after it, they run at the same time. Those that are done
/// before a thread would have woken up are scored here.
/// </summary>
/// <param name="waitMax">How long a batch waits for all of them.</param>
/// <param name="rowsMax">Rows of a batch.</param>
internal sealed class ShadowLanes(IReadOnlyList<ShadowWorker> workers, TimeSpan waitMax, int rowsMax) : IDisposable
{
    /// <summary>
    /// A thread that sleeps takes tens of microseconds to come, and the lane's to come back. All
    /// that are scored here may take so long together.
    /// </summary>
    private const double QuickSeconds = 250e-6;

    private readonly ShadowJob?[] _jobs = new ShadowJob?[workers.Count];
    private readonly bool[] _isHere = new bool[workers.Count];
    private readonly QuickShadow?[] _quick = [.. workers.Select(worker => worker.OpenQuick(rowsMax))];
    private readonly long _waitMaxTicks = (long)(waitMax.TotalSeconds * Stopwatch.Frequency);

    /// <param name="waits">Whether there is time to wait.</param>
    public void Begin(PaymentBatch batch, bool waits)
    {
        var left = waits ? QuickSeconds : 0;
        for (var shadow = 0; shadow < _jobs.Length; shadow++)
        {
            var seconds = left > 0 && _quick[shadow] is not null ? workers[shadow].SecondsOf(batch.DecideCount) : double.PositiveInfinity;
            _isHere[shadow] = seconds <= left;
            left -= _isHere[shadow] ? seconds : 0;
            _jobs[shadow] = _isHere[shadow] ? null : workers[shadow].Begin(batch, batch.DecideRows.AsSpan(0, batch.DecideCount));
        }
    }

    /// <summary>
    /// Fills the shadows' probabilities of the rows to decide: NaN where one has no answer yet.
    /// </summary>
    /// <inheritdoc cref="Begin"/>
    public void End(PaymentBatch batch, bool waits)
    {
        var until = waits ? Stopwatch.GetTimestamp() + _waitMaxTicks : 0;
        for (var shadow = 0; shadow < _jobs.Length; shadow++)
        {
            var rows = batch.DecideRows.AsSpan(0, batch.DecideCount);
            if (_isHere[shadow])
            {
                _quick[shadow]?.Score(batch, rows);
                continue;
            }

            workers[shadow].End(_jobs[shadow], until, batch, rows);
            _jobs[shadow] = null;
        }
    }

    public void Dispose()
    {
        Array.ForEach(_quick, quick => quick?.Dispose());
    }
}
