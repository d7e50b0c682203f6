using System.Diagnostics;
using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>
/// The shadow models beside one lane of the models that decide: begun before they score and looked
/// for after it, so that they run at the same time.
/// </summary>
/// <param name="waitMax">How long a batch waits for all of them.</param>
internal sealed class ShadowLanes(IReadOnlyList<ShadowWorker> workers, TimeSpan waitMax)
{
    private readonly ShadowJob?[] _jobs = new ShadowJob?[workers.Count];
    private readonly long _waitMaxTicks = (long)(waitMax.TotalSeconds * Stopwatch.Frequency);

    public void Begin(PaymentBatch batch)
    {
        for (var shadow = 0; shadow < _jobs.Length; shadow++)
        {
            _jobs[shadow] = workers[shadow].Begin(batch, batch.DecideRows.AsSpan(0, batch.DecideCount));
        }
    }

    /// <summary>
    /// Fills the shadows' probabilities of the rows to decide: NaN where one has no answer yet.
    /// </summary>
    /// <param name="waits">Whether there is time to wait.</param>
    public void End(PaymentBatch batch, bool waits)
    {
        var until = waits ? Stopwatch.GetTimestamp() + _waitMaxTicks : 0;
        for (var shadow = 0; shadow < _jobs.Length; shadow++)
        {
            workers[shadow].End(_jobs[shadow], until, batch, batch.DecideRows.AsSpan(0, batch.DecideCount));
            _jobs[shadow] = null;
        }
    }
}
