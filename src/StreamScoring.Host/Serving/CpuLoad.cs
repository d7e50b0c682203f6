namespace StreamScoring.Host.Serving;

/// <summary>
/// Whether the process uses all the CPU that it may: then what can wait has to. Looked at over a
/// tenth of a second. From any thread.
/// </summary>
internal sealed class CpuLoad(TimeProvider clock)
{
    private const double BusyShare = 0.9;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private long _lookedAt = clock.GetTimestamp();
    private TimeSpan _used = Environment.CpuUsage.TotalTime;
    private bool _isBusy;

    public bool IsBusy()
    {
        lock (_gate)
        {
            var elapsed = clock.GetElapsedTime(_lookedAt);
            if (elapsed >= Interval)
            {
                var used = Environment.CpuUsage.TotalTime;
                _isBusy = (used - _used) / elapsed >= BusyShare * Environment.ProcessorCount;
                (_lookedAt, _used) = (clock.GetTimestamp(), used);
            }

            return _isBusy;
        }
    }
}
