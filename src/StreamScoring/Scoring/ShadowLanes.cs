using System.Diagnostics;
using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>
/// The shadow models beside one lane of the champion: begun before it scores and waited for after
/// it, so that they run at the same time.
/// </summary>
internal sealed class ShadowLanes : IDisposable
{
    private readonly ShadowOptions _options;
    private readonly ShadowLane[] _lanes;
    private readonly ShadowOutcome[] _outcomes;
    private readonly long _waitMaxTicks;

    /// <param name="failures">Told what they failed of; null: nobody is.</param>
    public ShadowLanes(ShadowOptions options, int rowsMax, TimeProvider clock, ModelFailures? failures)
    {
        _options = options;
        _lanes = [.. options.Models.Select(shadow => new ShadowLane(shadow, rowsMax, clock, failures))];
        _outcomes = new ShadowOutcome[_lanes.Length];
        _waitMaxTicks = (long)(options.WaitMax.TotalSeconds * Stopwatch.Frequency);
    }

    public void Begin(PaymentBatch batch)
    {
        var rows = batch.DecideRows.AsSpan(0, batch.DecideCount);
        for (var shadow = 0; shadow < _lanes.Length; shadow++)
        {
            _outcomes[shadow] = _lanes[shadow].Begin(batch.Features, rows);
        }
    }

    /// <summary>
    /// Fills the shadows' probabilities of the rows to decide: NaN where one has no answer.
    /// </summary>
    public void End(PaymentBatch batch)
    {
        if (_lanes.Length == 0)
        {
            return;
        }

        var rows = batch.DecideRows.AsSpan(0, batch.DecideCount);
        var until = Stopwatch.GetTimestamp() + _waitMaxTicks;
        for (var shadow = 0; shadow < _lanes.Length; shadow++)
        {
            var probabilities = batch.Shadows.Column(shadow);
            if (_outcomes[shadow] == ShadowOutcome.Scored)
            {
                _outcomes[shadow] = _lanes[shadow].End(until, rows, probabilities);
            }
            else
            {
                foreach (var rowIndex in rows)
                {
                    probabilities[rowIndex] = double.NaN;
                }
            }

            _options.Meters?.Asked(shadow, _outcomes[shadow], rows.Length);
        }
    }

    /// <summary>Has running calls end soon. From any thread.</summary>
    public void Stop()
    {
        foreach (var lane in _lanes)
        {
            lane.Stop();
        }
    }

    public void Dispose()
    {
        foreach (var lane in _lanes)
        {
            lane.Dispose();
        }
    }
}
