using System.Diagnostics.Metrics;
using StreamScoring.Batches;
using StreamScoring.Logs;
using StreamScoring.Telemetry;

namespace StreamScoring;

/// <summary>Which thread runs a step.</summary>
public enum StepThread
{
    /// <summary>
    /// The thread of the step before it; of the first step, the thread that takes records.
    /// </summary>
    Shared,

    /// <summary>
    /// The one thread that writes the state, and copies it out between two batches. One step of an
    /// engine does.
    /// </summary>
    State,

    /// <summary>
    /// Several batches at a time, each on a thread of the pool. Batches go on in the order in which
    /// they came.
    /// </summary>
    Lanes,
}

/// <summary>
/// One step of a payment's path: a name, a rule of threads, and a function on a batch.
/// </summary>
/// <param name="name">As metrics, errors and sections of the topology call it.</param>
/// <param name="seconds">Where the time of each batch goes; null where nobody counts.</param>
public sealed class Step(string name, StepThread thread, Action<PaymentBatch> run, LogTable logs, TimeProvider clock, Histogram<double>? seconds)
{
    public string Name => name;

    public StepThread Thread => thread;

    /// <summary>Runs the step on a batch, and notes how long it took.</summary>
    /// <exception cref="StageFailedException">The function failed; with the step, and the batch's
    /// positions.</exception>
    public void Run(PaymentBatch batch)
    {
        var started = clock.GetTimestamp();
        try
        {
            run(batch);
        }
        catch (Exception e)
        {
            throw new StageFailedException(name, StageFailedException.PositionsOf(batch, logs), e);
        }

        seconds?.Record(clock.GetElapsedTime(started).TotalSeconds);
    }
}
