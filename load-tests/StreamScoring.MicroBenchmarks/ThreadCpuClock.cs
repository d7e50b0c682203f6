using Perfolizer.Horology;
using StreamScoring.Workloads;

namespace StreamScoring.MicroBenchmarks;

/// <summary>
/// CPU time of the benchmark's thread: it stands still while someone else has the core.
/// </summary>
internal sealed class ThreadCpuClock : IClock
{
    public string Title => "thread CPU time";

    public bool IsAvailable => true;

    public Frequency Frequency => Frequency.GHz;

    public long GetTimestamp() => ThreadClock.NowNs();
}
