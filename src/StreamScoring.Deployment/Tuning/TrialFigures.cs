namespace StreamScoring.Deployment.Tuning;

/// <summary>What one trial of the pipeline measured, its warm-up cut off.</summary>
/// <param name="CpuMicroseconds">CPU time of the whole process for each payment, the publisher's
/// included where payments are published meanwhile.</param>
/// <param name="P50Ms">From the payment's timestamp to the acknowledgement of its decision; null
/// where a backlog is decided, in which every payment is late.</param>
/// <param name="P99Ms">Likewise.</param>
public sealed record TrialFigures(double PaymentsPerSecond, double CpuMicroseconds, double? P50Ms = null, double? P99Ms = null)
{
    /// <summary>The figure that the goal is about.</summary>
    public double Of(TuneGoal goal) => goal == TuneGoal.Throughput ? PaymentsPerSecond : P99Ms ?? double.NaN;
}
